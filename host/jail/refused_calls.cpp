#include "host/jail/refused_calls.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <span>
#include <vector>

#include "base/seccomp_filter.h"

namespace bulkhead::jail {

namespace {

using seccomp::Rule;

constexpr std::array kRefused = {
    // Other processes' services, as D-Bus and docker's socket, and the network. Supervisors have
    // their listening socket by now, and pairs need neither.
    SYS_socket,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    // What the host's processes share by name.
    SYS_shmget,
    SYS_semget,
    SYS_msgget,
    SYS_mq_open,
    // Other processes.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_pidfd_getfd,
    SYS_kcmp,
    SYS_process_madvise,
    SYS_move_pages,
    SYS_migrate_pages,
    SYS_setns,
    // The host's kernel.
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_syslog,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_vhangup,
    SYS_personality,
    // Large parts of it that nobody here needs.
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_add_key,
    SYS_keyctl,
    SYS_request_key,
    SYS_fanotify_init,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_lookup_dcookie,
    // Other processes' scheduling.
    SYS_sched_setaffinity,
    SYS_sched_setscheduler,
    SYS_sched_setparam,
    SYS_sched_setattr,
    SYS_setpriority,
    SYS_ioprio_set,
};

constexpr std::array kSignalCalls = {SYS_kill, SYS_tkill, SYS_rt_sigqueueinfo,
                                     SYS_rt_tgsigqueueinfo};

std::vector<Rule> refusals(std::span<const int> calls) {
    std::vector<Rule> rules;
    for (const int call : calls) rules.push_back({.number = call, .error = EPERM});
    return rules;
}

// Of all threads: a library may have started one.
Result<void> load(std::span<const Rule> rules) {
    constexpr seccomp::Actions kActions{.others = SECCOMP_RET_ALLOW,
                                        .refused = SECCOMP_RET_ERRNO | EPERM};
    return seccomp::load(seccomp::compile(rules, ::getpid(), kActions), SECCOMP_FILTER_FLAG_TSYNC);
}

}  // namespace

Result<void> refuse_calls() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("no_new_privs");
    std::vector<Rule> rules = refusals(kRefused);
    // Limits, but not of others.
    rules.push_back({SYS_prlimit64, {seccomp::is(0, 0)}});
    return load(rules);
}

Result<void> refuse_signals() {
    using seccomp::is;
    using seccomp::kOwnProcess;
    std::vector<Rule> rules = refusals(kSignalCalls);
    // What a monitor watches for its owner's end.
    rules.push_back({SYS_pidfd_open, {is(0, kOwnProcess)}});
    rules.push_back({SYS_tgkill, {is(0, kOwnProcess)}});
    // A monitor: the signal that wakes its vCPUs, and abort.
    rules.push_back({SYS_tgkill, {is(0, 1), is(2, SIGUSR1)}});
    rules.push_back({SYS_tgkill, {is(0, 1), is(2, SIGABRT)}});
    return load(rules);
}

}  // namespace bulkhead::jail
