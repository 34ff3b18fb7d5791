// VirtioSlot: one virtio device in one place of the machine: the device, its transport, and the
// bindings that spare the VMM an exit for each notification. Thread: loop.
#pragma once

#include <functional>
#include <memory>

#include "base/event_loop.h"
#include "base/result.h"
#include "vmm/arch/arch.h"
#include "vmm/bus/bus.h"
#include "vmm/kvm/vm.h"
#include "vmm/memory/guest_memory.h"
#include "vmm/virtio/device.h"
#include "vmm/virtio/mmio_transport.h"

namespace bulkhead::machine {

class VirtioSlot {
  public:
    struct Surroundings {
        const memory::GuestMemory& memory;
        EventLoop& loop;
        kvm::Vm& vm;
        bus::Bus& bus;
    };

    static Result<std::unique_ptr<VirtioSlot>> plug(const Surroundings& around,
                                                    const arch::DeviceSlot& place,
                                                    std::unique_ptr<virtio::VirtioDevice> device);

    // As MmioTransport has them.
    [[nodiscard]] Result<virtio::TransportState> save() { return transport_->save(); }

    // As VirtioDevice has them.
    void hold(const std::function<void()>& quiet) { device_->hold(quiet); }

    void release() { device_->release(); }

    Result<void> restore(const virtio::TransportState& state) { return transport_->restore(state); }

  private:
    // The transport as the bus knows devices.
    class Window final : public bus::BusDevice {
      public:
        explicit Window(virtio::MmioTransport& transport) : transport_(transport) {}

        void read(std::uint64_t offset, std::span<std::byte> data) override {
            transport_.read(offset, data);
        }

        void write(std::uint64_t offset, std::span<const std::byte> data) override {
            transport_.write(offset, data);
        }

      private:
        virtio::MmioTransport& transport_;
    };

    VirtioSlot(std::unique_ptr<virtio::VirtioDevice> device,
               std::unique_ptr<virtio::MmioTransport> transport)
        : device_(std::move(device)), transport_(std::move(transport)), window_(*transport_) {}

    // The transport resets the device when it goes: it goes first.
    std::unique_ptr<virtio::VirtioDevice> device_;
    std::unique_ptr<virtio::MmioTransport> transport_;
    Window window_;
};

}  // namespace bulkhead::machine
