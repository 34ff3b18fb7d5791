// MmioRegisters: the register file of a virtio-mmio device, version 2, without threads or devices:
// what the driver reads and writes, and the status state machine. virtio 1.2 §4.2.2, §3.1.
//
// Every register is guest-controlled. A write that the state does not allow is ignored.
// Thread: none of its own; MmioTransport locks it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "vmm/virtio/device.h"
#include "vmm/virtio/queue.h"
#include "vmm/virtio/transport_state.h"

namespace bulkhead::virtio {

class MmioRegisters {
  public:
    // What a write of the status register asks the transport to do.
    enum class StatusEffect { None, Activate, Reset };

    explicit MmioRegisters(const DeviceTraits& traits);

    // Any register below the configuration space.
    [[nodiscard]] std::uint32_t read(std::uint64_t offset) const;
    // Any but the status and the notification register.
    void write(std::uint64_t offset, std::uint32_t value);
    // Activate: DRIVER_OK is now set. Reset: the device is active and must be drained first; then
    // call reset(). A device that is not active is reset at once.
    StatusEffect write_status(std::uint32_t value);

    // Back to how the device started.
    void reset();

    // For a snapshot: the part of a TransportState that is ours.
    void save(TransportState& state) const;
    // The error says what no driver can have brought about; nothing is changed then.
    Result<void> restore(const TransportState& state);

    // §2.1.2; false when it was set already.
    bool set_needs_reset();

    void set_interrupt(std::uint32_t cause) { interrupt_status_ |= cause; }

    void bump_config_generation() { ++config_generation_; }

    // Whether the driver may write the configuration space.
    [[nodiscard]] bool config_writable() const;

    [[nodiscard]] bool interrupt_pending() const { return interrupt_status_ != 0; }

    [[nodiscard]] std::uint64_t driver_features() const { return driver_features_; }

    [[nodiscard]] const std::vector<QueueConfig>& queues() const { return queues_; }

  private:
    [[nodiscard]] bool has(std::uint32_t status_bits) const {
        return (status_ & status_bits) == status_bits;
    }

    [[nodiscard]] bool acceptable(std::uint64_t features) const;
    [[nodiscard]] std::uint32_t read_queue(std::uint64_t offset) const;
    void write_driver_features(std::uint32_t value);
    void write_queue(std::uint64_t offset, std::uint32_t value);

    const DeviceTraits& traits_;
    std::vector<QueueConfig> queues_;
    std::uint32_t status_ = 0;
    std::uint32_t device_features_select_ = 0;
    std::uint32_t driver_features_select_ = 0;
    std::uint32_t queue_select_ = 0;
    std::uint32_t interrupt_status_ = 0;
    std::uint32_t config_generation_ = 0;
    std::uint64_t driver_features_ = 0;
};

}  // namespace bulkhead::virtio
