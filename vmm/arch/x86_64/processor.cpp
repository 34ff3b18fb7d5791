#include "vmm/arch/arch.h"
#include "vmm/arch/x86_64/boot_state.h"
#include "vmm/arch/x86_64/cpuid.h"
#include "vmm/arch/x86_64/saved_processor.h"
#include "vmm/kvm/x86_64/platform.h"
#include "vmm/kvm/x86_64/vcpu_state.h"

namespace bulkhead::arch {

struct ProcessorModel::Features {
    std::vector<kvm_cpuid_entry2> cpuid;
    std::vector<std::uint32_t> msrs;  // those that must be saved

    [[nodiscard]] std::vector<kvm_cpuid_entry2> cpuid_of(unsigned index) const {
        auto entries = cpuid;
        set_apic_id(entries, index);
        return entries;
    }
};

ProcessorModel::ProcessorModel(std::unique_ptr<Features> features)
    : features_(std::move(features)) {}

ProcessorModel::ProcessorModel(ProcessorModel&&) noexcept = default;

ProcessorModel& ProcessorModel::operator=(ProcessorModel&&) noexcept = default;

ProcessorModel::~ProcessorModel() = default;

Result<ProcessorModel> ProcessorModel::create(const kvm::System& system, unsigned vcpus) {
    auto features = std::make_unique<Features>();
    features->cpuid = guest_cpuid(TRY(kvm::supported_cpuid(system)), vcpus);
    features->msrs = TRY(kvm::msr_indices(system));
    return ProcessorModel(std::move(features));
}

Result<void> ProcessorModel::set_up(const kvm::Vcpu& vcpu, unsigned index,
                                    const EntryState& entry) const {
    TRY(kvm::set_cpuid(vcpu, features_->cpuid_of(index)));
    TRY(kvm::set_msrs(vcpu, boot_msrs()));
    if (index != 0) return {};  // KVM keeps it waiting for the first processor's start-up interrupt
    const kvm_sregs special = TRY(kvm::special_registers(vcpu));
    TRY(kvm::set_special_registers(vcpu, pvh_special_registers(special)));
    TRY(kvm::set_registers(vcpu, pvh_registers(entry)));
    const kvm_lapic_state apic = TRY(kvm::local_apic(vcpu));
    return kvm::set_local_apic(vcpu, connect_legacy_inputs(apic));
}

Result<std::string> ProcessorModel::save(const kvm::Vcpu& vcpu, unsigned index) const {
    return save_vcpu(vcpu, features_->cpuid_of(index), features_->msrs);
}

Result<void> ProcessorModel::restore(const kvm::Vcpu& vcpu, unsigned index,
                                     const std::string& saved) const {
    const auto cpuid = features_->cpuid_of(index);
    TRY(kvm::set_cpuid(vcpu, cpuid));
    return restore_vcpu(vcpu, index, cpuid, saved);
}

}  // namespace bulkhead::arch
