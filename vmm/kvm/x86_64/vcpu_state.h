// One vCPU's x86 state, as KVM's own structures. Thread: the one that sets the vCPU up, or the
// vCPU's own between runs.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <span>

#include "base/result.h"
#include "vmm/kvm/vcpu.h"

namespace bulkhead::kvm {

// Before the first run, and before any model-specific register that depends on it.
Result<void> set_cpuid(const Vcpu& vcpu, std::span<const kvm_cpuid_entry2> entries);

// Fails unless KVM took every register; the error names the first one that it did not.
Result<void> set_msrs(const Vcpu& vcpu, std::span<const kvm_msr_entry> entries);

Result<kvm_regs> registers(const Vcpu& vcpu);
Result<void> set_registers(const Vcpu& vcpu, kvm_regs value);

Result<kvm_sregs> special_registers(const Vcpu& vcpu);
Result<void> set_special_registers(const Vcpu& vcpu, kvm_sregs value);

Result<kvm_lapic_state> local_apic(const Vcpu& vcpu);
Result<void> set_local_apic(const Vcpu& vcpu, kvm_lapic_state value);

}  // namespace bulkhead::kvm
