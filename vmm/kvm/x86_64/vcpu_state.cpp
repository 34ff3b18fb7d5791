#include "vmm/kvm/x86_64/vcpu_state.h"

#include <algorithm>

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
constexpr Request kGetMsrs = flexible_request(_IOC_READ | _IOC_WRITE, 0x88, "KVM_GET_MSRS");
constexpr Request kGetRunState{KVM_GET_MP_STATE, "KVM_GET_MP_STATE"};
constexpr Request kSetRunState{KVM_SET_MP_STATE, "KVM_SET_MP_STATE"};
// As with the flexible arrays, C++ and C do not agree on the size of the kernel's own structure.
constexpr Request kGetXsave{_IOC(_IOC_READ, KVMIO, 0xa4, sizeof(XsaveArea)), "KVM_GET_XSAVE"};
constexpr Request kSetXsave{_IOC(_IOC_WRITE, KVMIO, 0xa5, sizeof(XsaveArea)), "KVM_SET_XSAVE"};
constexpr Request kGetXcrs{KVM_GET_XCRS, "KVM_GET_XCRS"};
constexpr Request kSetXcrs{KVM_SET_XCRS, "KVM_SET_XCRS"};
constexpr Request kGetDebugRegs{KVM_GET_DEBUGREGS, "KVM_GET_DEBUGREGS"};
constexpr Request kSetDebugRegs{KVM_SET_DEBUGREGS, "KVM_SET_DEBUGREGS"};
constexpr Request kGetEvents{KVM_GET_VCPU_EVENTS, "KVM_GET_VCPU_EVENTS"};
constexpr Request kSetEvents{KVM_SET_VCPU_EVENTS, "KVM_SET_VCPU_EVENTS"};
constexpr Request kGetTscKhz{KVM_GET_TSC_KHZ, "KVM_GET_TSC_KHZ"};
// struct kvm_msr_list: a count, then 32-bit numbers without padding.
constexpr Request kMsrIndexList{_IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x02, sizeof(std::uint32_t)),
                                "KVM_GET_MSR_INDEX_LIST"};

// Far more than KVM has (about 150).
constexpr std::size_t kMaxMsrIndices = 1024;
// KVM's own limit for one call (KVM_MAX_MSR_ENTRIES in the kernel).
constexpr std::size_t kMsrsPerCall = 256;

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

Result<std::size_t> set_msrs_until_refused(const Vcpu& vcpu,
                                           std::span<const kvm_msr_entry> entries) {
    FlexibleArray<kvm_msr_entry> msrs(entries.first(std::min(entries.size(), kMsrsPerCall)));
    return static_cast<std::size_t>(TRY(call_at(vcpu.fd(), kSetMsrs, msrs.argument())));
}

Result<void> set_msrs(const Vcpu& vcpu, std::span<const kvm_msr_entry> entries) {
    const std::size_t taken = TRY(set_msrs_until_refused(vcpu, entries));
    if (taken < entries.size()) {
        return Error(concat("KVM_SET_MSRS: register ", hex(entries[taken].index), " was refused"));
    }
    return {};
}

Result<std::vector<kvm_msr_entry>> msrs(const Vcpu& vcpu, std::span<const std::uint32_t> indices) {
    std::vector<kvm_msr_entry> found;
    std::size_t next = 0;
    while (next < indices.size()) {
        const auto part = indices.subspan(next, std::min(indices.size() - next, kMsrsPerCall));
        std::vector<kvm_msr_entry> wanted(part.size());
        for (std::size_t at = 0; at < part.size(); ++at) wanted[at].index = part[at];
        FlexibleArray<kvm_msr_entry> call(wanted);
        // It stops at the first register that this vCPU does not have.
        const auto read =
            static_cast<std::size_t>(TRY(call_at(vcpu.fd(), kGetMsrs, call.argument())));
        const auto values = call.entries();
        const std::size_t count = std::min(read, values.size());
        found.insert(found.end(), values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(count));
        next += count + (count < part.size() ? 1 : 0);
    }
    return found;
}

Result<std::optional<std::uint64_t>> msr(const Vcpu& vcpu, std::uint32_t index) {
    const auto found = TRY(msrs(vcpu, {&index, 1}));
    return found.empty() ? std::nullopt : std::optional(std::uint64_t{found.front().data});
}

Result<std::vector<std::uint32_t>> msr_indices(const System& system) {
    std::vector<std::uint32_t> list(1 + kMaxMsrIndices);
    list.front() = kMaxMsrIndices;
    TRY(call_at(system.fd(), kMsrIndexList, list.data()));
    const std::size_t count = std::min<std::size_t>(list.front(), kMaxMsrIndices);
    return std::vector(list.begin() + 1, list.begin() + 1 + static_cast<std::ptrdiff_t>(count));
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

Result<kvm_mp_state> run_state(const Vcpu& vcpu) {
    return read_state<kvm_mp_state>(vcpu, kGetRunState);
}

Result<void> set_run_state(const Vcpu& vcpu, kvm_mp_state value) {
    return write_state(vcpu, kSetRunState, value);
}

Result<XsaveArea> xsave_area(const Vcpu& vcpu) {
    return read_state<XsaveArea>(vcpu, kGetXsave);
}

Result<void> set_xsave_area(const Vcpu& vcpu, XsaveArea value) {
    return write_state(vcpu, kSetXsave, value);
}

Result<kvm_xcrs> extended_control_registers(const Vcpu& vcpu) {
    return read_state<kvm_xcrs>(vcpu, kGetXcrs);
}

Result<void> set_extended_control_registers(const Vcpu& vcpu, kvm_xcrs value) {
    return write_state(vcpu, kSetXcrs, value);
}

Result<kvm_debugregs> debug_registers(const Vcpu& vcpu) {
    return read_state<kvm_debugregs>(vcpu, kGetDebugRegs);
}

Result<void> set_debug_registers(const Vcpu& vcpu, kvm_debugregs value) {
    return write_state(vcpu, kSetDebugRegs, value);
}

Result<kvm_vcpu_events> events(const Vcpu& vcpu) {
    return read_state<kvm_vcpu_events>(vcpu, kGetEvents);
}

Result<void> set_events(const Vcpu& vcpu, kvm_vcpu_events value) {
    return write_state(vcpu, kSetEvents, value);
}

Result<std::uint32_t> tsc_frequency(const Vcpu& vcpu) {
    return static_cast<std::uint32_t>(TRY(call(vcpu.fd(), kGetTscKhz)));
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
