#include "vmm/lockdown/rules.h"

#include <linux/kvm.h>
#include <sys/syscall.h>

#include <array>
#include <cstdint>

namespace bulkhead::lockdown {

namespace {

constexpr Roles kStart = roles_of(Role::Start);
constexpr Roles kLoop = roles_of(Role::Loop);
constexpr Roles kVcpu = roles_of(Role::Vcpu);

// As in vmm/kvm/x86_64/flexible_array.h: the kernel's macros for these are wrong in C++.
constexpr std::uint64_t kListHeader = 8;
constexpr std::uint64_t kSupportedCpuid = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, kListHeader);
constexpr std::uint64_t kSetCpuid2 = _IOC(_IOC_WRITE, KVMIO, 0x90, kListHeader);
constexpr std::uint64_t kSetMsrs = _IOC(_IOC_WRITE, KVMIO, 0x89, kListHeader);

constexpr std::uint64_t kGetMsrs = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x88, kListHeader);
constexpr std::uint64_t kMsrIndexList =
    _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x02, sizeof(std::uint32_t));
constexpr std::uint64_t kXsaveBytes = 4096;
constexpr std::uint64_t kGetXsave = _IOC(_IOC_READ, KVMIO, 0xa4, kXsaveBytes);
constexpr std::uint64_t kSetXsave = _IOC(_IOC_WRITE, KVMIO, 0xa5, kXsaveBytes);

constexpr std::string_view kSaves = "a machine that is saved";
constexpr std::string_view kRestores = "a machine that was saved";

constexpr Rule request(std::string_view name, std::uint64_t code, Roles roles,
                       std::string_view reason) {
    return {SYS_ioctl, "ioctl", roles, name, {is(1, code)}, reason};
}

constexpr auto kRules = std::to_array<Rule>({
    request("KVM_GET_SUPPORTED_CPUID", kSupportedCpuid, kStart, "what vCPUs can do here"),
    request("KVM_SET_TSS_ADDR", KVM_SET_TSS_ADDR, kStart, "pages that KVM needs on Intel"),
    request("KVM_SET_IDENTITY_MAP_ADDR", KVM_SET_IDENTITY_MAP_ADDR, kStart,
            "pages that KVM needs on Intel"),
    request("KVM_CREATE_IRQCHIP", KVM_CREATE_IRQCHIP, kStart, "interrupt controllers"),
    request("KVM_SET_CPUID2", kSetCpuid2, kStart, "what a vCPU says of itself"),
    request("KVM_SET_MSRS", kSetMsrs, kStart, "a vCPU's first state"),
    request("KVM_SET_REGS", KVM_SET_REGS, kStart, "a vCPU's first state"),
    request("KVM_SET_SREGS", KVM_SET_SREGS, kStart, "a vCPU's first state"),
    request("KVM_GET_LAPIC", KVM_GET_LAPIC, kStart | kLoop,
            "a vCPU's first state; a machine that is saved"),
    request("KVM_SET_LAPIC", KVM_SET_LAPIC, kStart, "a vCPU's first state"),
    request("KVM_GET_REGS", KVM_GET_REGS, kLoop | kVcpu,
            "a machine that is saved; where a guest was that KVM cannot run"),
    request("KVM_GET_SREGS", KVM_GET_SREGS, kStart | kLoop | kVcpu,
            "a vCPU's first state; the same"),
    request("KVM_KVMCLOCK_CTRL", KVM_KVMCLOCK_CTRL, kStart | kVcpu,
            "tells the guest that it stood still"),
    request("KVM_GET_MSR_INDEX_LIST", kMsrIndexList, kStart, "what of a vCPU must be saved"),
    request("KVM_GET_MSRS", kGetMsrs, kStart | kLoop,
            "a machine that is saved; whether a register that KVM refuses matters"),
    request("KVM_GET_TSC_KHZ", KVM_GET_TSC_KHZ, kStart | kLoop,
            "whether a saved machine's clock runs as fast here"),
    request("KVM_GET_MP_STATE", KVM_GET_MP_STATE, kLoop, kSaves),
    request("KVM_GET_XSAVE", kGetXsave, kLoop, kSaves),
    request("KVM_GET_XCRS", KVM_GET_XCRS, kLoop, kSaves),
    request("KVM_GET_DEBUGREGS", KVM_GET_DEBUGREGS, kLoop, kSaves),
    request("KVM_GET_VCPU_EVENTS", KVM_GET_VCPU_EVENTS, kLoop, kSaves),
    request("KVM_GET_IRQCHIP", KVM_GET_IRQCHIP, kLoop, kSaves),
    request("KVM_GET_CLOCK", KVM_GET_CLOCK, kLoop, kSaves),
    request("KVM_SET_MP_STATE", KVM_SET_MP_STATE, kStart, kRestores),
    request("KVM_SET_XSAVE", kSetXsave, kStart, kRestores),
    request("KVM_SET_XCRS", KVM_SET_XCRS, kStart, kRestores),
    request("KVM_SET_DEBUGREGS", KVM_SET_DEBUGREGS, kStart, kRestores),
    request("KVM_SET_VCPU_EVENTS", KVM_SET_VCPU_EVENTS, kStart, kRestores),
    request("KVM_SET_IRQCHIP", KVM_SET_IRQCHIP, kStart, kRestores),
    request("KVM_SET_CLOCK", KVM_SET_CLOCK, kStart, kRestores),
    {SYS_epoll_wait, "epoll_wait", kStart | kLoop, "", {}, "the event loop"},
    {SYS_poll, "poll", kStart | kLoop, "", {}, "whether a stream's other end is closed"},
});

}  // namespace

std::span<const Rule> platform_rules() {
    return kRules;
}

}  // namespace bulkhead::lockdown
