#include "vmm/kvm/x86_64/platform.h"

#include "base/text.h"
#include "proto/snapshot.pb.h"
#include "vmm/arch/arch.h"
#include "vmm/arch/x86_64/layout.h"
#include "vmm/arch/x86_64/saved_bytes.h"

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
    return line.append("console=ttyS0 earlyprintk=ttyS0 reboot=k iommu=off tsc=nowatchdog");
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

Result<std::string> save_platform(const kvm::Vm& vm) {
    snapshot::v1::X86Platform saved;
    saved.set_pic_master(to_bytes(TRY(kvm::interrupt_controller(vm, KVM_IRQCHIP_PIC_MASTER))));
    saved.set_pic_slave(to_bytes(TRY(kvm::interrupt_controller(vm, KVM_IRQCHIP_PIC_SLAVE))));
    saved.set_ioapic(to_bytes(TRY(kvm::interrupt_controller(vm, KVM_IRQCHIP_IOAPIC))));
    saved.set_clock_ns(TRY(kvm::clock(vm)));
    return saved.SerializeAsString();
}

Result<void> restore_platform(const kvm::Vm& vm, const std::string& bytes) {
    snapshot::v1::X86Platform saved;
    if (!saved.ParseFromString(bytes)) return Error("it holds no platform");
    const auto restore = [&vm](const std::string& state, std::uint32_t chip) -> Result<void> {
        auto value = TRY(from_bytes<kvm_irqchip>(state, "interrupt controller"));
        value.chip_id = chip;
        return kvm::set_interrupt_controller(vm, value);
    };
    TRY(restore(saved.pic_master(), KVM_IRQCHIP_PIC_MASTER));
    TRY(restore(saved.pic_slave(), KVM_IRQCHIP_PIC_SLAVE));
    TRY(restore(saved.ioapic(), KVM_IRQCHIP_IOAPIC));
    return kvm::set_clock(vm, saved.clock_ns());
}

}  // namespace bulkhead::arch
