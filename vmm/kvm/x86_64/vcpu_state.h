// One vCPU's x86 state, as KVM's own structures. Thread: the one that sets the vCPU up, the vCPU's
// own between runs, or any while no thread runs it.
#pragma once

#include <linux/kvm.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "vmm/kvm/system.h"
#include "vmm/kvm/vcpu.h"

namespace bulkhead::kvm {

// Before the first run, and before any model-specific register that depends on it.
Result<void> set_cpuid(const Vcpu& vcpu, std::span<const kvm_cpuid_entry2> entries);

// Fails unless KVM took every register; the error names the first one that it did not.
Result<void> set_msrs(const Vcpu& vcpu, std::span<const kvm_msr_entry> entries);

// As many of the first entries as KVM takes.
Result<std::size_t> set_msrs_until_refused(const Vcpu& vcpu,
                                           std::span<const kvm_msr_entry> entries);

// The value of a register; nothing if this vCPU does not have it.
Result<std::optional<std::uint64_t>> msr(const Vcpu& vcpu, std::uint32_t index);

// Those of the registers that this vCPU has, in the order of `indices`.
Result<std::vector<kvm_msr_entry>> msrs(const Vcpu& vcpu, std::span<const std::uint32_t> indices);

// Which registers this host's KVM knows that must be saved. MTRRs are not among them.
Result<std::vector<std::uint32_t>> msr_indices(const System& system);

Result<kvm_regs> registers(const Vcpu& vcpu);
Result<void> set_registers(const Vcpu& vcpu, kvm_regs value);

Result<kvm_sregs> special_registers(const Vcpu& vcpu);
Result<void> set_special_registers(const Vcpu& vcpu, kvm_sregs value);

Result<kvm_lapic_state> local_apic(const Vcpu& vcpu);
Result<void> set_local_apic(const Vcpu& vcpu, kvm_lapic_state value);

// Whether it runs, or waits for a start-up interrupt.
Result<kvm_mp_state> run_state(const Vcpu& vcpu);
Result<void> set_run_state(const Vcpu& vcpu, kvm_mp_state value);

// The XSAVE area. All of it: what is larger needs a permission that we never ask for (AMX).
using XsaveArea = std::array<std::byte, 4096>;
Result<XsaveArea> xsave_area(const Vcpu& vcpu);
Result<void> set_xsave_area(const Vcpu& vcpu, XsaveArea value);

Result<kvm_xcrs> extended_control_registers(const Vcpu& vcpu);
Result<void> set_extended_control_registers(const Vcpu& vcpu, kvm_xcrs value);

Result<kvm_debugregs> debug_registers(const Vcpu& vcpu);
Result<void> set_debug_registers(const Vcpu& vcpu, kvm_debugregs value);

// Exceptions and interrupts on their way.
Result<kvm_vcpu_events> events(const Vcpu& vcpu);
Result<void> set_events(const Vcpu& vcpu, kvm_vcpu_events value);

// Of the time stamp counter, in kHz.
Result<std::uint32_t> tsc_frequency(const Vcpu& vcpu);

}  // namespace bulkhead::kvm
