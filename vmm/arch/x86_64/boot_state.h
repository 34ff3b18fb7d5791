// The register state of an x86 vCPU at the guest's first instruction. Thread: any.
#pragma once

#include <linux/kvm.h>

#include <vector>

#include "vmm/arch/arch.h"

namespace bulkhead::arch {

// 32-bit protected mode with flat segments and no paging, as PVH asks for (Xen:
// docs/misc/pvh.pandoc). `value` is what KVM has after creation.
kvm_sregs pvh_special_registers(kvm_sregs value);
kvm_regs pvh_registers(const EntryState& entry);

// What firmware would have set in every processor.
std::vector<kvm_msr_entry> boot_msrs();

// The first processor's legacy inputs: LINT0 takes the PIC, LINT1 the NMI. Intel SDM Vol. 3
// §11.5.1.
kvm_lapic_state connect_legacy_inputs(kvm_lapic_state value);

}  // namespace bulkhead::arch
