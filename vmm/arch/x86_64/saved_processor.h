// One vCPU's whole state for a snapshot. proto/snapshot.proto, X86Processor. The order of reading
// and writing matters: docs/snapshot-format.md. Thread: any, while no thread runs the vCPU.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "vmm/kvm/vcpu.h"

namespace bulkhead::arch {

// `indices`: the model-specific registers that KVM knows. `cpuid`: what the vCPU was given.
Result<std::string> save_vcpu(const kvm::Vcpu& vcpu, std::span<const kvm_cpuid_entry2> cpuid,
                              std::span<const std::uint32_t> indices);

// Of a new vCPU that has its `cpuid` already. An error: it was saved on another kind of processor,
// or KVM does not take the state. `saved` is untrusted. Vcpu 0 goes first.
Result<void> restore_vcpu(const kvm::Vcpu& vcpu, unsigned index,
                          std::span<const kvm_cpuid_entry2> cpuid, const std::string& saved);

}  // namespace bulkhead::arch
