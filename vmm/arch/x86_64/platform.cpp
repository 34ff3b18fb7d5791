#include "vmm/kvm/x86_64/platform.h"

#include "base/text.h"
#include "vmm/arch/arch.h"
#include "vmm/arch/x86_64/layout.h"

namespace bulkhead::arch {

std::vector<DeviceSlot> device_slots() {
    std::vector<DeviceSlot> slots;
    std::uint64_t window = kDeviceWindows;
    for (std::uint32_t line = kFirstDeviceInterrupt; line < kIoApicPins; ++line) {
        slots.push_back({memory::GuestAddress{window}, line});
        window += kDeviceWindowBytes;
    }
    return slots;
}

// docs/boot.md has the reason for each argument, here and in machine_builder.cpp, and for those
// that are not there.
Result<void> append_platform_arguments(boot::CommandLine& line) {
    return line.append("console=ttyS0 earlyprintk=ttyS0 reboot=k iommu=off");
}

// Linux: Documentation/admin-guide/kernel-parameters.txt, virtio_mmio.device.
Result<void> append_device_argument(boot::CommandLine& line, const DeviceSlot& slot) {
    return line.append(
        concat("virtio_mmio.device=4K@", hex(raw(slot.window)), ":", slot.interrupt));
}

Result<void> set_up_platform(const kvm::Vm& vm) {
    TRY(kvm::set_identity_map_address(vm, kIdentityMap));
    TRY(kvm::set_tss_address(vm, kTaskStateSegment));
    return kvm::create_interrupt_controllers(vm);
}

}  // namespace bulkhead::arch
