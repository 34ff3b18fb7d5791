// What a machine's devices may move in a second. Thread: any.
#pragma once

#include "vmm/block/disk_throttles.h"
#include "vmm/limit/throttle.h"

namespace bulkhead::machine {

struct DeviceLimits {
    block::DiskLimits disks;   // of all of them together
    limit::RateLimit streams;  // of all vsock streams together, in each direction

    friend bool operator==(const DeviceLimits&, const DeviceLimits&) = default;
};

}  // namespace bulkhead::machine
