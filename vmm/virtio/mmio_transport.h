// MmioTransport: puts one VirtioDevice behind the virtio-mmio register window. virtio 1.2 §4.2.
//
// read() and write() are called by vCPU threads; the device runs on the loop thread. A status write
// that activates or resets the device returns when the loop thread has done so: the loop must keep
// running until no vCPU thread can be inside write().
//
// Errors: what the guest does wrong is ignored or ends in DEVICE_NEEDS_RESET.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "vmm/memory/guest_memory.h"
#include "vmm/virtio/device.h"
#include "vmm/virtio/mmio_registers.h"

namespace bulkhead::virtio {

class MmioTransport final : private Interrupt {
  public:
    // The register window's size; also its alignment in guest-physical memory.
    static constexpr std::uint64_t kWindowBytes = 0x1000;
    // Where the driver writes a queue's index to notify it: the place for an ioeventfd of 4 bytes
    // with the index as datamatch.
    static constexpr std::uint64_t kNotifyOffset = 0x50;

    // `memory`, `loop` and `device` must outlive the transport. Thread: loop.
    static Result<std::unique_ptr<MmioTransport>> create(const memory::GuestMemory& memory,
                                                         EventLoop& loop, VirtioDevice& device);

    MmioTransport(const MmioTransport&) = delete;
    MmioTransport& operator=(const MmioTransport&) = delete;
    // Resets the device. Thread: loop (or the loop does not run); no vCPU may be running.
    ~MmioTransport() override;

    // An access of the guest's at `offset` into the window. Thread: any.
    void read(std::uint64_t offset, std::span<std::byte> bytes);
    void write(std::uint64_t offset, std::span<const std::byte> bytes);

    // While no vCPU runs. An error: the device cannot be saved as it is now. Thread: loop.
    [[nodiscard]] Result<TransportState> save();

    // Of a new transport, before the first vCPU runs, with interrupts connected. Every queue counts
    // as notified, since a driver that was told so by EVENT_IDX does not do it again. `state` is
    // untrusted. Thread: loop.
    Result<void> restore(const TransportState& state);

    // For KVM_IOEVENTFD, one for each queue, and KVM_IRQFD (edge).
    [[nodiscard]] std::size_t queue_count() const { return queues_.size(); }

    [[nodiscard]] int notify_fd(std::size_t queue) const { return queues_[queue].notify.get(); }

    [[nodiscard]] int interrupt_fd() const { return interrupt_.get(); }

  private:
    struct NotifiedQueue {
        UniqueFd notify;
        EventLoop::Handle watch;  // after the descriptor: goes first
    };

    MmioTransport(const memory::GuestMemory& memory, EventLoop& loop, VirtioDevice& device);

    void signal_used_buffers() override;
    void signal_config_change() override;
    void needs_reset() override;

    void write_status(std::uint32_t value);
    void on_notified(std::uint16_t index);        // thread: loop
    void activate();                              // thread: loop
    std::optional<Activation> make_activation();  // thread: loop
    Result<void> restore_device(const TransportState& state);
    void reset_device();  // thread: loop
    void raise();

    const memory::GuestMemory& memory_;
    EventLoop& loop_;
    VirtioDevice& device_;

    // Held for a whole status write, so that there is one transition at a time. Taken before
    // registers_mutex_; never by the loop thread while a vCPU thread waits for it.
    std::mutex transition_mutex_;
    // Guards registers_; never held while calling the device or the loop.
    std::mutex registers_mutex_;
    MmioRegisters registers_;

    UniqueFd interrupt_;
    std::vector<NotifiedQueue> queues_;
    std::uint16_t active_queues_ = 0;  // loop thread; 0 when the device is not active
};

}  // namespace bulkhead::virtio
