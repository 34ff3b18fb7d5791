#include "host/jail/own_capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/syscalls.h"

namespace bulkhead::jail {

namespace {

// CAP_DAC_OVERRIDE: data and state may be in a directory of somebody else's than root.
constexpr std::array kKept = {CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE};

Result<void> bound() {
    for (int capability = 0;; ++capability) {
        if (std::ranges::find(kKept, capability) != kKept.end()) continue;
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
        if (errno == EINVAL) return {};  // there are no more
        return errno_error("drop capabilities");
    }
}

}  // namespace

Result<void> keep_capabilities_for_monitors() {
    if (::geteuid() != 0) return {};
    TRY(bound());
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return errno_error("capget");
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> kept{};
    for (const int capability : kKept) {
        const auto index = static_cast<std::size_t>(CAP_TO_INDEX(capability));
        const std::uint32_t bit = CAP_TO_MASK(capability) & sets.at(index).permitted;
        kept.at(index).permitted |= bit;
        kept.at(index).effective |= bit;
    }
    if (::syscall(SYS_capset, &header, kept.data()) != 0) return errno_error("capset");
    return {};
}

}  // namespace bulkhead::jail
