// The default seccomp profile: everything that docker's default allows a container to call. What is
// left out is what touches the whole kernel rather than the container (mounting, tracing, modules,
// clocks, BPF, io_uring, AF_VSOCK), unless the container holds the capability for it.
#include <array>

#include "host/runtime/seccomp_profile.h"

namespace bulkhead::runtime {

namespace {

constexpr std::string_view kAllow = "SCMP_ACT_ALLOW";
constexpr std::string_view kErrno = "SCMP_ACT_ERRNO";
constexpr std::uint32_t kEperm = 1;
constexpr std::uint32_t kEnosys = 38;

// The clone(2) flags that make namespaces: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID,
// NEWNET.
constexpr std::uint64_t kNamespaceFlags = 0x7E02'0000;
constexpr std::uint64_t kAddressFamilyVsock = 40;

// Allowed for every container.
constexpr std::string_view kAlways =
    "accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown "
    "chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
    "clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range connect "
    "copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old "
    "epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit "
    "exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod "
    "fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr "
    "flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate "
    "ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat "
    "get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid "
    "geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid "
    "getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit getrusage "
    "getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr getxattrat "
    "inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy "
    "io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get "
    "ioprio_set ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown "
    "lchown32 lgetxattr link linkat listen listmount listxattr listxattrat llistxattr _llseek "
    "lremovexattr lseek lsetxattr lstat lstat64 madvise map_shadow_stack membarrier memfd_create "
    "memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect "
    "mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
    "mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock "
    "munlockall munmap name_to_handle_at nanosleep newfstatat _newselect open openat openat2 pause "
    "pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll "
    "ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pselect6_time64 "
    "pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg "
    "recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2 "
    "restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo "
    "rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo "
    "sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam "
    "sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity "
    "sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget "
    "semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto "
    "set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 "
    "setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 "
    "setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt "
    "setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd "
    "signalfd4 sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64 "
    "statmount statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time "
    "timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
    "timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
    "timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat "
    "utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev "
    "process_vm_readv process_vm_writev ptrace";

struct Conditional {
    std::string_view needed;  // a capability or a machine
    std::string_view names;
};

constexpr std::array<Conditional, 14> kByCapability = {{
    {"CAP_DAC_READ_SEARCH", "open_by_handle_at"},
    {"CAP_SYS_ADMIN",
     "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount "
     "mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname "
     "sethostname setns syslog umount umount2 unshare"},
    {"CAP_SYS_BOOT", "reboot"},
    {"CAP_SYS_CHROOT", "chroot"},
    {"CAP_SYS_MODULE", "delete_module init_module finit_module"},
    {"CAP_SYS_PACCT", "acct"},
    {"CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise"},
    {"CAP_SYS_RAWIO", "iopl ioperm"},
    {"CAP_SYS_TIME", "settimeofday stime clock_settime clock_settime64"},
    {"CAP_SYS_TTY_CONFIG", "vhangup"},
    {"CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
    {"CAP_SYSLOG", "syslog"},
    {"CAP_BPF", "bpf"},
    {"CAP_PERFMON", "perf_event_open"},
}};

constexpr std::array<Conditional, 2> kByMachine = {{
    {"amd64", "arch_prctl modify_ldt"},
    {"arm64",
     "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"},
}};

// personality(2): only these: plain Linux, UNAME26 and PER_LINUX32 with and without it, and the
// question.
constexpr std::array<std::uint64_t, 5> kPersonalities = {0, 0x8, 0x2'0000, 0x2'0008, 0xFFFF'FFFF};

SeccompRule allow(std::string_view names) {
    SeccompRule rule;
    rule.names = names;
    rule.action = kAllow;
    return rule;
}

SeccompRule allow_when(std::string_view name, const SeccompArgument& argument) {
    SeccompRule rule = allow(name);
    rule.args.push_back(argument);
    return rule;
}

// Without CAP_SYS_ADMIN: clone without namespace flags, and clone3, whose flags a filter cannot
// see, as if the kernel lacked it, so that libc falls back to clone.
void add_clone_rules(std::vector<SeccompRule>& rules) {
    SeccompRule clone = allow_when("clone", {0, kNamespaceFlags, 0, "SCMP_CMP_MASKED_EQ"});
    clone.exclude_capabilities = {"CAP_SYS_ADMIN"};
    rules.push_back(std::move(clone));
    SeccompRule clone3 = allow("clone3");
    clone3.action = kErrno;
    clone3.errno_ret = kEnosys;
    clone3.exclude_capabilities = {"CAP_SYS_ADMIN"};
    rules.push_back(std::move(clone3));
}

}  // namespace

SeccompProfile default_seccomp_profile() {
    SeccompProfile profile;
    profile.default_action = kErrno;
    profile.default_errno_ret = kEperm;
    profile.architecture_map = {{"SCMP_ARCH_X86_64", {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}},
                                {"SCMP_ARCH_AARCH64", {"SCMP_ARCH_ARM"}}};
    auto& rules = profile.rules;
    rules.push_back(allow(kAlways));
    rules.push_back(allow_when("socket", {0, kAddressFamilyVsock, 0, "SCMP_CMP_NE"}));
    for (const std::uint64_t personality : kPersonalities)
        rules.push_back(allow_when("personality", {0, personality, 0, "SCMP_CMP_EQ"}));
    for (const Conditional& conditional : kByMachine) {
        rules.push_back(allow(conditional.names));
        rules.back().include_machines.emplace_back(conditional.needed);
    }
    for (const Conditional& conditional : kByCapability) {
        rules.push_back(allow(conditional.names));
        rules.back().include_capabilities.emplace_back(conditional.needed);
    }
    add_clone_rules(rules);
    return profile;
}

}  // namespace bulkhead::runtime
