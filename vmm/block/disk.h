// Disk: where a virtio-blk device's bytes live. Requests were checked against the disk's size and
// mode before they come here.
//
// Thread: loop, for every method. Offsets and lengths in bytes, multiples of 512.
// Errors: a host failure is a status for the guest, and a line in the log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "vmm/memory/guest_memory.h"

namespace bulkhead::block {

struct DiskRequest {
    enum class Operation { Read, Write, Flush, Discard, WriteZeroes };

    Operation operation = Operation::Read;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::vector<memory::GuestSlice> slices;  // Read and Write: `length` bytes in all
    bool durable = false;                    // on stable storage before it is done
    bool may_unmap = false;                  // WriteZeroes: may give the space back
};

enum class DiskStatus { Ok, IoError };

class Disk {
  public:
    using Done = std::function<void(DiskStatus)>;

    Disk() = default;
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    virtual ~Disk() = default;

    [[nodiscard]] virtual std::uint64_t size() const = 0;
    [[nodiscard]] virtual bool read_only() const = 0;

    // Either does the request at once and gives its status, and `done` is never called; or gives
    // nothing and calls `done` later, on the loop thread, in any order.
    virtual std::optional<DiskStatus> submit(DiskRequest request, Done done) = 0;

    // Finishes or drops what is in flight. When it returns, guest memory is not touched any more
    // and no `done` of before will be called.
    virtual void drain() = 0;
};

}  // namespace bulkhead::block
