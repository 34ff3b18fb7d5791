// MmioDriver: plays the guest's driver through the registers of a MmioTransport, on the loop
// thread. virtio 1.2 §3.1.1, §4.2.3.
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "base/event_loop.h"
#include "tests/support/driver_queue.h"
#include "tests/support/guest_arena.h"
#include "vmm/virtio/mmio_transport.h"

namespace bulkhead::test {

class MmioDriver {
  public:
    MmioDriver(GuestArena& arena, EventLoop& loop, virtio::MmioTransport& transport)
        : arena_(arena), loop_(loop), transport_(transport) {}

    [[nodiscard]] std::uint32_t read(std::uint64_t offset);
    void write(std::uint64_t offset, std::uint32_t value);
    void access(std::uint64_t offset, std::span<std::byte> bytes, bool is_write);

    [[nodiscard]] std::uint32_t status();
    // Adds bits to the status as Linux does: read, or, write.
    void add_status(std::uint32_t bits);

    void reset();
    // Reset to FEATURES_OK, accepting what is offered less `declined`.
    void negotiate(std::uint64_t declined = 0);
    // Sets up every queue that has not been, with its largest size.
    void set_up_queues();
    void set_up_queue(std::uint32_t index, const virtio::QueueConfig& config);
    // All of the above and DRIVER_OK.
    void start(std::uint64_t declined = 0);

    [[nodiscard]] DriverQueue& queue(std::size_t index) { return queues_[index]; }

    // Queues that were set up since the last reset.
    [[nodiscard]] std::size_t queue_count() const { return queues_.size(); }

    // Writes the notification register and runs what it causes.
    void kick(std::uint32_t index);

    // Runs what is due on the loop.
    void settle();

  private:
    GuestArena& arena_;
    EventLoop& loop_;
    virtio::MmioTransport& transport_;
    std::uint64_t features_ = 0;
    std::deque<DriverQueue> queues_;
};

}  // namespace bulkhead::test
