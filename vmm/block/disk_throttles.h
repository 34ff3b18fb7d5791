// The limits that all disks of a machine share. Flushes, discards and zeroes are writes of no
// bytes. Thread: loop.
#pragma once

#include "vmm/limit/throttle.h"

namespace bulkhead::block {

// In a second.
struct DiskLimits {
    limit::RateLimit read;
    limit::RateLimit write;

    friend bool operator==(const DiskLimits&, const DiskLimits&) = default;
};

struct DiskThrottles {
    explicit DiskThrottles(EventLoop& loop) : read(loop), write(loop) {}

    void set(const DiskLimits& limits) {
        read.set_limit(limits.read);
        write.set_limit(limits.write);
    }

    [[nodiscard]] DiskLimits limits() const { return {read.limit(), write.limit()}; }

    limit::Throttle read;
    limit::Throttle write;
};

}  // namespace bulkhead::block
