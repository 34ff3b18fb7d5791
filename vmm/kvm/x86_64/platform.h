// KVM's requests about the whole machine that only x86 has. Thread: any.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "vmm/kvm/system.h"
#include "vmm/kvm/vm.h"

namespace bulkhead::kvm {

// What the host's processor and KVM can offer to a guest.
Result<std::vector<kvm_cpuid_entry2>> supported_cpuid(const System& system);

// Three pages and one page of guest-physical addresses that Intel processors use to emulate real
// mode. Outside RAM; before the first vCPU.
Result<void> set_tss_address(const Vm& vm, std::uint32_t address);
Result<void> set_identity_map_address(const Vm& vm, std::uint32_t address);

// Local APICs, IO-APIC and the two PICs inside KVM. Before the first vCPU.
Result<void> create_interrupt_controllers(const Vm& vm);

// The state of one of them: KVM_IRQCHIP_PIC_MASTER, KVM_IRQCHIP_PIC_SLAVE, KVM_IRQCHIP_IOAPIC.
Result<kvm_irqchip> interrupt_controller(const Vm& vm, std::uint32_t chip);
Result<void> set_interrupt_controller(const Vm& vm, kvm_irqchip value);

// The guest's clock (kvm-clock), in nanoseconds.
Result<std::uint64_t> clock(const Vm& vm);
Result<void> set_clock(const Vm& vm, std::uint64_t nanoseconds);

}  // namespace bulkhead::kvm
