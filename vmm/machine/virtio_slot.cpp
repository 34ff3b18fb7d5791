#include "vmm/machine/virtio_slot.h"

namespace bulkhead::machine {

Result<std::unique_ptr<VirtioSlot>> VirtioSlot::plug(const Surroundings& around,
                                                     const arch::DeviceSlot& place,
                                                     std::unique_ptr<virtio::VirtioDevice> device) {
    auto transport = TRY(virtio::MmioTransport::create(around.memory, around.loop, *device));
    const std::uint64_t window = raw(place.window);
    TRY(around.vm.bind_interrupt(transport->interrupt_fd(), place.interrupt));
    for (std::uint32_t queue = 0; queue < transport->queue_count(); ++queue) {
        TRY(around.vm.bind_notification(transport->notify_fd(queue),
                                        window + virtio::MmioTransport::kNotifyOffset, queue));
    }
    std::unique_ptr<VirtioSlot> slot(new VirtioSlot(std::move(device), std::move(transport)));
    TRY(around.bus.add({window, virtio::MmioTransport::kWindowBytes}, slot->window_));
    return slot;
}

}  // namespace bulkhead::machine
