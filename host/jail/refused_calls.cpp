#include "host/jail/refused_calls.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <span>

#include "base/syscalls.h"
#include "host/jail/platform.h"

namespace bulkhead::jail {

namespace {

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

sock_filter statement(unsigned code, std::uint32_t value) {
    return {static_cast<std::uint16_t>(code), 0, 0, value};
}

sock_filter load(std::size_t offset) {
    return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

// Where the lower half of an argument lies; both architectures of ours are little-endian.
std::size_t argument(std::size_t index) {
    return offsetof(seccomp_data, args) + index * sizeof(std::uint64_t);
}

// Skips so many instructions unless the condition holds.
sock_filter jump_unless(unsigned condition, std::uint32_t value, std::uint8_t skip = 1) {
    return {static_cast<std::uint16_t>(BPF_JMP | BPF_K | condition), 0, skip, value};
}

constexpr std::uint32_t number(int call) {
    return static_cast<std::uint32_t>(call);
}

const sock_filter kRefuse = statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
const sock_filter kAllow = statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

// Refuses what is not of this architecture, which would have other numbers; then the number is
// loaded.
std::vector<sock_filter> prologue() {
    return {
        load(offsetof(seccomp_data, arch)),
        {static_cast<std::uint16_t>(BPF_JMP | BPF_K | BPF_JEQ), 1, 0, kAuditArchitecture},
        kRefuse,
        load(offsetof(seccomp_data, nr)),
        // What a monitor calls most, for each exit of its guest.
        jump_unless(BPF_JEQ, number(SYS_ioctl)),
        kAllow,
        jump_unless(BPF_JGE, kFirstForeignCall),
        kRefuse,
    };
}

void refuse(std::span<const int> calls, std::vector<sock_filter>& code) {
    for (const int call : calls) {
        code.push_back(jump_unless(BPF_JEQ, number(call)));
        code.push_back(kRefuse);
    }
}

// Of all threads: a library may have started one.
Result<void> load_filter(std::vector<sock_filter> code) {
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    const long failed =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (failed != 0) return errno_error("seccomp");
    return {};
}

}  // namespace

std::vector<sock_filter> refusing_filter() {
    std::vector<sock_filter> code = prologue();
    refuse(kRefused, code);
    // Limits of other processes.
    const std::vector<sock_filter> own_limits = {
        jump_unless(BPF_JEQ, number(SYS_prlimit64), 4),
        load(argument(0)),
        jump_unless(BPF_JEQ, 0),
        kAllow,
        kRefuse,
        kAllow,
    };
    code.insert(code.end(), own_limits.begin(), own_limits.end());
    return code;
}

std::vector<sock_filter> signal_filter(pid_t self) {
    const auto own = static_cast<std::uint32_t>(self);
    std::vector<sock_filter> code = prologue();
    refuse(kSignalCalls, code);
    const std::vector<sock_filter> own_process = {
        // What a monitor watches for its owner's end.
        jump_unless(BPF_JEQ, number(SYS_pidfd_open), 4),
        load(argument(0)),
        jump_unless(BPF_JEQ, own),
        kAllow,
        kRefuse,
        jump_unless(BPF_JEQ, number(SYS_tgkill), 10),
        load(argument(0)),
        jump_unless(BPF_JEQ, own),
        kAllow,
        // A monitor: the signal that wakes its vCPUs, and abort.
        jump_unless(BPF_JEQ, 1, 5),
        load(argument(2)),
        jump_unless(BPF_JEQ, SIGUSR1),
        kAllow,
        jump_unless(BPF_JEQ, SIGABRT),
        kAllow,
        kRefuse,
        kAllow,
    };
    code.insert(code.end(), own_process.begin(), own_process.end());
    return code;
}

Result<void> refuse_calls() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("no_new_privs");
    return load_filter(refusing_filter());
}

Result<void> refuse_signals() {
    return load_filter(signal_filter(::getpid()));
}

}  // namespace bulkhead::jail
