// The processor identification that a guest sees: what KVM can offer, less what Bulkhead does not,
// with each vCPU's own numbers. Intel SDM Vol. 2A (CPUID), AMD APM Vol. 3 Appendix E.
// Thread: any.
#pragma once

#include <linux/kvm.h>

#include <vector>

namespace bulkhead::arch {

// `offered` is KVM_GET_SUPPORTED_CPUID's answer. The result holds for every vCPU.
//
// Taken away: nested virtualization, the performance counters, AMX, SGX, user-mode waiting, the
// host's power management, and KVM's asynchronous page faults, whose state a snapshot cannot carry.
// Topology: one package of `vcpus` cores with one thread each, APIC ids counted from 0.
std::vector<kvm_cpuid_entry2> guest_cpuid(std::vector<kvm_cpuid_entry2> offered, unsigned vcpus);

// Puts the vCPU's APIC id where it belongs.
void set_apic_id(std::vector<kvm_cpuid_entry2>& entries, unsigned id);

}  // namespace bulkhead::arch
