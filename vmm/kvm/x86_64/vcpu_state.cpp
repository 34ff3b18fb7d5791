#include "vmm/kvm/x86_64/vcpu_state.h"

#include "base/text.h"
#include "vmm/kvm/ioctl.h"
#include "vmm/kvm/x86_64/flexible_array.h"

namespace bulkhead::kvm {

namespace {

constexpr Request kSetCpuid = flexible_request(_IOC_WRITE, 0x90, "KVM_SET_CPUID2");
constexpr Request kSetMsrs = flexible_request(_IOC_WRITE, 0x89, "KVM_SET_MSRS");
constexpr Request kGetRegs{KVM_GET_REGS, "KVM_GET_REGS"};
constexpr Request kSetRegs{KVM_SET_REGS, "KVM_SET_REGS"};
constexpr Request kGetSregs{KVM_GET_SREGS, "KVM_GET_SREGS"};
constexpr Request kSetSregs{KVM_SET_SREGS, "KVM_SET_SREGS"};
constexpr Request kGetLapic{KVM_GET_LAPIC, "KVM_GET_LAPIC"};
constexpr Request kSetLapic{KVM_SET_LAPIC, "KVM_SET_LAPIC"};
constexpr Request kKvmclockCtrl{KVM_KVMCLOCK_CTRL, "KVM_KVMCLOCK_CTRL"};

template <class State>
Result<State> read_state(const Vcpu& vcpu, Request request) {
    State state{};
    TRY(call_with(vcpu.fd(), request, state));
    return state;
}

template <class State>
Result<void> write_state(const Vcpu& vcpu, Request request, State& state) {
    TRY(call_with(vcpu.fd(), request, state));
    return {};
}

}  // namespace

Result<void> set_cpuid(const Vcpu& vcpu, std::span<const kvm_cpuid_entry2> entries) {
    FlexibleArray<kvm_cpuid_entry2> cpuid(entries);
    TRY(call_at(vcpu.fd(), kSetCpuid, cpuid.argument()));
    return {};
}

Result<void> set_msrs(const Vcpu& vcpu, std::span<const kvm_msr_entry> entries) {
    FlexibleArray<kvm_msr_entry> msrs(entries);
    const auto taken = static_cast<std::size_t>(TRY(call_at(vcpu.fd(), kSetMsrs, msrs.argument())));
    if (taken < entries.size()) {
        return Error(concat("KVM_SET_MSRS: register ", hex(entries[taken].index), " was refused"));
    }
    return {};
}

Result<kvm_regs> registers(const Vcpu& vcpu) {
    return read_state<kvm_regs>(vcpu, kGetRegs);
}

Result<void> set_registers(const Vcpu& vcpu, kvm_regs value) {
    return write_state(vcpu, kSetRegs, value);
}

Result<kvm_sregs> special_registers(const Vcpu& vcpu) {
    return read_state<kvm_sregs>(vcpu, kGetSregs);
}

Result<void> set_special_registers(const Vcpu& vcpu, kvm_sregs value) {
    return write_state(vcpu, kSetSregs, value);
}

Result<kvm_lapic_state> local_apic(const Vcpu& vcpu) {
    return read_state<kvm_lapic_state>(vcpu, kGetLapic);
}

Result<void> set_local_apic(const Vcpu& vcpu, kvm_lapic_state value) {
    return write_state(vcpu, kSetLapic, value);
}

void mark_paused(const Vcpu& vcpu) {
    static_cast<void>(call(vcpu.fd(), kKvmclockCtrl));
}

std::string describe_position(const Vcpu& vcpu) {
    const auto general = registers(vcpu);
    const auto special = special_registers(vcpu);
    if (!general || !special) return {};
    return concat("rip=", hex(general->rip), " rsp=", hex(general->rsp), " cr0=", hex(special->cr0),
                  " cr3=", hex(special->cr3));
}

}  // namespace bulkhead::kvm
