// RxRing: the guest's receive buffers, taken several at once so that one read of a socket fills
// many packets. virtio 1.2 §5.10.6.1.
//
// Use: acquire(), offer() and read the socket, finish() with the packets' headers. Thread: loop.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <vector>

#include "vmm/virtio/queue.h"
#include "vmm/vsock/packet.h"

namespace bulkhead::vsock {

class RxRing {
  public:
    explicit RxRing(virtio::Queue& queue) : queue_(&queue) {}

    // Takes up to `count` buffers; gives how many there are. None also when the ring is broken.
    [[nodiscard]] std::size_t acquire(std::size_t count);

    // Where payload goes, buffer after buffer, at most `limit` bytes.
    [[nodiscard]] std::span<const iovec> offer(std::uint64_t limit);

    // How much payload the buffer at `index` takes.
    [[nodiscard]] std::uint32_t capacity(std::size_t index) const {
        return buffers_[index].capacity;
    }

    // Sends a packet in each of the first buffers; the payload is in place. Puts the others back.
    void finish(std::span<const Header> packets);

    // Why the ring is unusable, or nullptr.
    [[nodiscard]] const char* broken() const { return broken_; }

  private:
    struct Buffer {
        std::uint16_t head = 0;
        std::uint32_t capacity = 0;
        // In slices_: the header's, then the payload's.
        std::size_t header_slice = 0;
        std::size_t payload_slice = 0;
        std::size_t end_slice = 0;
    };

    void add(virtio::Chain& chain);
    void write_header(const Buffer& buffer, const Header& header) const;

    virtio::Queue* queue_;
    // Empty between calls; members to keep their storage.
    std::vector<Buffer> buffers_;
    std::vector<memory::GuestSlice> slices_;
    std::vector<iovec> io_;
    const char* broken_ = nullptr;
};

}  // namespace bulkhead::vsock
