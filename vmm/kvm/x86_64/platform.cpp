#include "vmm/kvm/x86_64/platform.h"

#include "vmm/kvm/ioctl.h"
#include "vmm/kvm/x86_64/flexible_array.h"

namespace bulkhead::kvm {

namespace {

constexpr Request kSupportedCpuid =
    flexible_request(_IOC_READ | _IOC_WRITE, 0x05, "KVM_GET_SUPPORTED_CPUID");
constexpr Request kSetTss{KVM_SET_TSS_ADDR, "KVM_SET_TSS_ADDR"};
constexpr Request kSetIdentityMap{KVM_SET_IDENTITY_MAP_ADDR, "KVM_SET_IDENTITY_MAP_ADDR"};
constexpr Request kCreateIrqchip{KVM_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP"};
constexpr Request kGetIrqchip{KVM_GET_IRQCHIP, "KVM_GET_IRQCHIP"};
constexpr Request kSetIrqchip{KVM_SET_IRQCHIP, "KVM_SET_IRQCHIP"};
constexpr Request kGetClock{KVM_GET_CLOCK, "KVM_GET_CLOCK"};
constexpr Request kSetClock{KVM_SET_CLOCK, "KVM_SET_CLOCK"};

// KVM's own limit (KVM_MAX_CPUID_ENTRIES in the kernel).
constexpr std::size_t kMaxCpuidEntries = 256;

}  // namespace

Result<std::vector<kvm_cpuid_entry2>> supported_cpuid(const System& system) {
    FlexibleArray<kvm_cpuid_entry2> cpuid(kMaxCpuidEntries);
    TRY(call_at(system.fd(), kSupportedCpuid, cpuid.argument()));
    return cpuid.entries();
}

Result<void> set_tss_address(const Vm& vm, std::uint32_t address) {
    TRY(call(vm.fd(), kSetTss, address));
    return {};
}

Result<void> set_identity_map_address(const Vm& vm, std::uint32_t address) {
    std::uint64_t argument = address;
    TRY(call_with(vm.fd(), kSetIdentityMap, argument));
    return {};
}

Result<void> create_interrupt_controllers(const Vm& vm) {
    TRY(call(vm.fd(), kCreateIrqchip));
    return {};
}

Result<kvm_irqchip> interrupt_controller(const Vm& vm, std::uint32_t chip) {
    kvm_irqchip state{};
    state.chip_id = chip;
    TRY(call_with(vm.fd(), kGetIrqchip, state));
    return state;
}

Result<void> set_interrupt_controller(const Vm& vm, kvm_irqchip value) {
    TRY(call_with(vm.fd(), kSetIrqchip, value));
    return {};
}

Result<std::uint64_t> clock(const Vm& vm) {
    kvm_clock_data state{};
    TRY(call_with(vm.fd(), kGetClock, state));
    return std::uint64_t{state.clock};
}

Result<void> set_clock(const Vm& vm, std::uint64_t nanoseconds) {
    kvm_clock_data state{};
    state.clock = nanoseconds;
    TRY(call_with(vm.fd(), kSetClock, state));
    return {};
}

}  // namespace bulkhead::kvm
