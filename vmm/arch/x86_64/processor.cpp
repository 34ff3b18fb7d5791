#include "vmm/arch/arch.h"
#include "vmm/arch/x86_64/boot_state.h"
#include "vmm/arch/x86_64/cpuid.h"
#include "vmm/kvm/x86_64/platform.h"
#include "vmm/kvm/x86_64/vcpu_state.h"

namespace bulkhead::arch {

struct ProcessorModel::Features {
    std::vector<kvm_cpuid_entry2> cpuid;
};

ProcessorModel::ProcessorModel(std::unique_ptr<Features> features)
    : features_(std::move(features)) {}

ProcessorModel::ProcessorModel(ProcessorModel&&) noexcept = default;

ProcessorModel& ProcessorModel::operator=(ProcessorModel&&) noexcept = default;

ProcessorModel::~ProcessorModel() = default;

Result<ProcessorModel> ProcessorModel::create(const kvm::System& system, unsigned vcpus) {
    auto features = std::make_unique<Features>();
    features->cpuid = guest_cpuid(TRY(kvm::supported_cpuid(system)), vcpus);
    return ProcessorModel(std::move(features));
}

Result<void> ProcessorModel::set_up(const kvm::Vcpu& vcpu, unsigned index,
                                    const EntryState& entry) const {
    auto cpuid = features_->cpuid;
    set_apic_id(cpuid, index);
    TRY(kvm::set_cpuid(vcpu, cpuid));
    TRY(kvm::set_msrs(vcpu, boot_msrs()));
    if (index != 0) return {};  // KVM keeps it waiting for the first processor's start-up interrupt
    const kvm_sregs special = TRY(kvm::special_registers(vcpu));
    TRY(kvm::set_special_registers(vcpu, pvh_special_registers(special)));
    TRY(kvm::set_registers(vcpu, pvh_registers(entry)));
    const kvm_lapic_state apic = TRY(kvm::local_apic(vcpu));
    return kvm::set_local_apic(vcpu, connect_legacy_inputs(apic));
}

}  // namespace bulkhead::arch
