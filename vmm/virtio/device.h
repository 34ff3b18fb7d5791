// VirtioDevice: what a device offers to a transport, and Interrupt: what it gets back. Devices
// never see KVM; they get guest memory, an interrupt and the event loop. virtio 1.2 §2 (status,
// features), §4.2.
//
// Thread: loop, for every method, except where said.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "vmm/virtio/queue.h"

namespace bulkhead::virtio {

// Raises the device's interrupt with the cause noted. Thread: any.
class Interrupt {
  public:
    Interrupt() = default;
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;
    virtual ~Interrupt() = default;

    virtual void signal_used_buffers() = 0;
    virtual void signal_config_change() = 0;
    // The driver broke the protocol: sets DEVICE_NEEDS_RESET and tells it (§2.1.2).
    virtual void needs_reset() = 0;
};

// What exists from DRIVER_OK to reset.
struct Activation {
    std::uint64_t features = 0;  // what the driver accepted, a subset of what was offered
    std::vector<Queue> queues;   // one for each entry of queue_sizes, in order, less optional ones
    Interrupt* interrupt = nullptr;
};

// What a snapshot needs of a device beside guest memory and what its transport knows.
struct DeviceState {
    std::vector<QueuePositions> queues;  // of an active device, in order
    std::vector<std::uint64_t> own;      // in an order that the kind of device defines
};

struct DeviceTraits {
    std::uint32_t type = 0;                  // virtio 1.2 §5
    std::uint64_t features = 0;              // offered, VIRTIO_F_VERSION_1 included
    std::vector<std::uint16_t> queue_sizes;  // the largest size of each queue
    std::uint16_t optional_queues = 0;       // how many of the last ones the driver may leave out
};

class VirtioDevice {
  public:
    VirtioDevice() = default;
    VirtioDevice(const VirtioDevice&) = delete;
    VirtioDevice& operator=(const VirtioDevice&) = delete;
    virtual ~VirtioDevice() = default;

    // Constant for the device's life. Thread: any.
    [[nodiscard]] virtual const DeviceTraits& traits() const = 0;

    // Device configuration space. Reads past its end give zeros; writes that the device does not
    // allow are ignored. Thread: any.
    virtual void read_config(std::uint64_t offset, std::span<std::byte> bytes) const = 0;
    virtual void write_config(std::uint64_t offset, std::span<const std::byte> bytes) = 0;

    // The driver set DRIVER_OK. Queues may hold buffers already: the transport calls
    // on_queue_notified() for each queue right after.
    virtual void activate(Activation activation) = 0;

    virtual void on_queue_notified(std::uint16_t index) = 0;

    // While no vCPU runs, so that it can be saved: takes nothing from its queues that it would not
    // answer at once, and calls `quiet` when all that it took before is answered. At once, from
    // here, by a device that answers everything so. Until release().
    virtual void hold(const std::function<void()>& quiet) { quiet(); }

    virtual void release() {}

    // While no vCPU runs. An error: the device cannot be saved as it is now.
    [[nodiscard]] virtual Result<DeviceState> save() const = 0;

    // Before activate(), with what save() gave for `own`; `own` is untrusted.
    virtual Result<void> restore(std::span<const std::uint64_t> own) = 0;

    // Finishes or drops all work in flight, so that guest memory is not touched afterwards, and
    // forgets the activation. Must not return before that is so.
    virtual void reset() = 0;
};

}  // namespace bulkhead::virtio
