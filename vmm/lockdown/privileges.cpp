#include "vmm/lockdown/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace bulkhead::lockdown {

namespace {

// With no_new_privs this is for ever: no program that is executed brings any back.
Result<void> drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return errno_error("ambient capabilities");
    if (::syscall(SYS_capset, &header, none.data()) != 0) return errno_error("capabilities");
    return {};
}

}  // namespace

Result<void> drop_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("no_new_privs");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return errno_error("not dumpable");
    return drop_capabilities();
}

}  // namespace bulkhead::lockdown
