// DriverFake: plays the guest's driver for one device, without a transport.
//
//     DriverFake driver;
//     BlockDevice device(driver.memory(), ...);
//     driver.activate(device);
//     const auto chain = driver.queue(0).chain().readable(header).writable(513).submit();
//     driver.kick(0);
//     CHECK(driver.queue(0).used() == Used{chain.head, 513});
//
// The device must be reset or gone before the fake is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "tests/support/driver_queue.h"
#include "tests/support/fake_interrupt.h"
#include "tests/support/guest_arena.h"
#include "vmm/virtio/device.h"

namespace bulkhead::test {

class DriverFake {
  public:
    [[nodiscard]] GuestArena& arena() { return arena_; }

    [[nodiscard]] const memory::GuestMemory& memory() const { return arena_.memory(); }

    [[nodiscard]] FakeInterrupt& interrupt() { return interrupt_; }

    // Accepts what the device offers, less `declined`, sets up every queue with its largest size
    // (or with `queue_size`, if smaller) and activates the device. Again after reset().
    void activate(virtio::VirtioDevice& device, std::uint64_t declined = 0,
                  std::optional<std::uint16_t> queue_size = {});

    // The driver's side of a queue; after activate().
    [[nodiscard]] DriverQueue& queue(std::size_t index) { return queues_[index]; }

    // Notifies the device, whether or not it asked for that.
    void kick(std::uint16_t index) { device_->on_queue_notified(index); }

    // Resets the device; interrupt counters and queues start anew with the next activate().
    void reset();

  private:
    GuestArena arena_;
    FakeInterrupt interrupt_;
    std::deque<DriverQueue> queues_;
    virtio::VirtioDevice* device_ = nullptr;
};

}  // namespace bulkhead::test
