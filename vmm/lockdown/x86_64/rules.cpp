#include "vmm/lockdown/rules.h"

#include <linux/kvm.h>
#include <sys/syscall.h>

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

Rule request(std::string_view name, std::uint64_t code, Roles roles, std::string_view reason) {
    return {SYS_ioctl, "ioctl", roles, name, {is(1, code)}, reason};
}

}  // namespace

std::vector<Rule> platform_rules() {
    return {
        request("KVM_GET_SUPPORTED_CPUID", kSupportedCpuid, kStart, "what vCPUs can do here"),
        request("KVM_SET_TSS_ADDR", KVM_SET_TSS_ADDR, kStart, "pages that KVM needs on Intel"),
        request("KVM_SET_IDENTITY_MAP_ADDR", KVM_SET_IDENTITY_MAP_ADDR, kStart,
                "pages that KVM needs on Intel"),
        request("KVM_CREATE_IRQCHIP", KVM_CREATE_IRQCHIP, kStart, "interrupt controllers"),
        request("KVM_SET_CPUID2", kSetCpuid2, kStart, "what a vCPU says of itself"),
        request("KVM_SET_MSRS", kSetMsrs, kStart, "a vCPU's first state"),
        request("KVM_SET_REGS", KVM_SET_REGS, kStart, "a vCPU's first state"),
        request("KVM_SET_SREGS", KVM_SET_SREGS, kStart, "a vCPU's first state"),
        request("KVM_GET_LAPIC", KVM_GET_LAPIC, kStart, "a vCPU's first state"),
        request("KVM_SET_LAPIC", KVM_SET_LAPIC, kStart, "a vCPU's first state"),
        request("KVM_GET_REGS", KVM_GET_REGS, kVcpu, "where a guest was that KVM cannot run"),
        request("KVM_GET_SREGS", KVM_GET_SREGS, kStart | kVcpu,
                "a vCPU's first state; where a guest was that KVM cannot run"),
        request("KVM_KVMCLOCK_CTRL", KVM_KVMCLOCK_CTRL, kVcpu,
                "tells the guest that it stood still"),
        {SYS_epoll_wait, "epoll_wait", kStart | kLoop, "", {}, "the event loop"},
        {SYS_poll, "poll", kStart | kLoop, "", {}, "whether a stream's other end is closed"},
    };
}

}  // namespace bulkhead::lockdown
