// Rights, and the locks themselves.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tests/integration/jail/act.h"

namespace bulkhead::test {

namespace {

int open_file() {
    return outcome(::syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
}

int take_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct all{~0U, ~0U, ~0U};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> both{all, all};
    return outcome(::syscall(SYS_capset, &header, both.data()));
}

// A filter that allows all: what the earlier ones refuse stays refused.
int loosen_filter() {
    sock_filter allow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    const sock_fprog program{1, &allow};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return errno;
    return open_file();
}

int survive_violation() {
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)();
        unsigned long mask;
    } action{SIG_IGN, 0, nullptr, 0};

    if (::syscall(SYS_rt_sigaction, SIGSYS, &action, nullptr, sizeof(action.mask)) != 0)
        return errno;
    return open_file();
}

}  // namespace

std::vector<Act> privilege_acts() {
    return {
        {"become root", [] { return outcome(::syscall(SYS_setresuid, 0, 0, 0)); }},
        {"join root's group", [] { return outcome(::syscall(SYS_setresgid, 0, 0, 0)); }},
        {"join other groups",
         [] {
             const gid_t group = 0;
             return outcome(::syscall(SYS_setgroups, 1, &group));
         }},
        {"take capabilities", take_capabilities},
        {"let others read it (PR_SET_DUMPABLE)",
         [] { return outcome(::syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0)); }, Second::MayNot},
        {"outlive its owner (PR_SET_PDEATHSIG)",
         [] { return outcome(::syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0)); },
         Second::MayNot},
        {"loosen the filter, then open a file", loosen_filter},
        {"ignore the kill (SIGSYS), then open a file", survive_violation},
        {"read the session's keys", [] { return outcome(::syscall(SYS_keyctl, 0, -3, 0, 0, 0)); },
         Second::MayNot},
    };
}

}  // namespace bulkhead::test
