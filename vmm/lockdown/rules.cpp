#include "vmm/lockdown/rules.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kvm.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>

namespace bulkhead::lockdown {

namespace {

constexpr Roles kStart = roles_of(Role::Start);
constexpr Roles kLoop = roles_of(Role::Loop);
constexpr Roles kVcpu = roles_of(Role::Vcpu);
constexpr Roles kDisk = roles_of(Role::Disk);
constexpr Roles kRunning = kLoop | kVcpu | kDisk;

constexpr std::uint64_t kReadWrite = PROT_READ | PROT_WRITE;
// The least significant bits of the operation are what is done.
constexpr std::uint64_t kFutexCommand = 0x7F;
// Exactly what glibc makes a thread with.
constexpr std::uint64_t kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM |
                                       CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS |
                                       CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
// glibc's own signal, of no name outside of it (sysdeps/unix/sysv/linux/internal-signals.h).
constexpr std::uint64_t kSetIdSignal = 33;
constexpr std::uint64_t kPunchHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

constexpr auto kKvmRules = std::to_array<Rule>({
    {SYS_ioctl, "ioctl", kVcpu, "KVM_RUN", {is(1, KVM_RUN)}, "runs the guest"},
    {SYS_ioctl,
     "ioctl",
     kStart,
     "KVM_GET_API_VERSION",
     {is(1, KVM_GET_API_VERSION)},
     "whether the descriptor is /dev/kvm"},
    {SYS_ioctl,
     "ioctl",
     kStart,
     "KVM_CHECK_EXTENSION",
     {is(1, KVM_CHECK_EXTENSION)},
     "what this KVM can do"},
    {SYS_ioctl,
     "ioctl",
     kStart,
     "KVM_GET_VCPU_MMAP_SIZE",
     {is(1, KVM_GET_VCPU_MMAP_SIZE)},
     "the size of a vCPU's run area"},
    {SYS_ioctl, "ioctl", kStart, "KVM_CREATE_VM", {is(1, KVM_CREATE_VM)}, "makes the VM"},
    {SYS_ioctl, "ioctl", kStart, "KVM_CREATE_VCPU", {is(1, KVM_CREATE_VCPU)}, "makes its vCPUs"},
    {SYS_ioctl,
     "ioctl",
     kStart,
     "KVM_SET_USER_MEMORY_REGION",
     {is(1, KVM_SET_USER_MEMORY_REGION)},
     "gives it memory"},
    {SYS_ioctl,
     "ioctl",
     kLoop,
     "KVM_GET_DIRTY_LOG",
     {is(1, KVM_GET_DIRTY_LOG)},
     "which pages a guest has written to"},
    {SYS_ioctl,
     "ioctl",
     kStart,
     "KVM_IRQFD",
     {is(1, KVM_IRQFD)},
     "interrupts without a call for each"},
    {SYS_ioctl,
     "ioctl",
     kStart,
     "KVM_IOEVENTFD",
     {is(1, KVM_IOEVENTFD)},
     "notifications without a vCPU's exit"},
});

constexpr auto kMemoryRules = std::to_array<Rule>({
    {SYS_mmap,
     "mmap",
     kStart | kRunning,
     "anonymous and private, to read and write",
     {is_exactly(2, kReadWrite), is_exactly(3, MAP_PRIVATE | MAP_ANONYMOUS)},
     "large allocations"},
    {SYS_mmap,
     "mmap",
     kStart,
     "the same with MAP_NORESERVE",
     {is_exactly(2, kReadWrite), is_exactly(3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)},
     "the guest's memory"},
    {SYS_mmap,
     "mmap",
     kStart,
     "private, at a given address, with MAP_NORESERVE",
     {is_exactly(2, kReadWrite), is_exactly(3, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE)},
     "a saved guest's memory, copied when written to"},
    {SYS_mmap,
     "mmap",
     kStart,
     "shared, to read and write",
     {is_exactly(2, kReadWrite), is_exactly(3, MAP_SHARED)},
     "a vCPU's run area"},
    {SYS_mmap,
     "mmap",
     kStart,
     "a stack, no access",
     {is_exactly(2, PROT_NONE), is_exactly(3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK)},
     "a thread's stack with its guard"},
    {SYS_mprotect,
     "mprotect",
     kStart,
     "to read and write",
     {is_exactly(2, kReadWrite)},
     "opens a stack above its guard"},
    {SYS_munmap, "munmap", kStart | kRunning, "", {}, "gives large allocations back"},
    {SYS_mremap,
     "mremap",
     kStart | kRunning,
     "MREMAP_MAYMOVE",
     {is_exactly(3, MREMAP_MAYMOVE)},
     "grows large allocations"},
    {SYS_brk, "brk", kStart | kRunning, "", {}, "small allocations"},
});

constexpr auto kPageRules = std::to_array<Rule>({
    {SYS_madvise,
     "madvise",
     kStart | kRunning,
     "MADV_DONTNEED",
     {is(2, MADV_DONTNEED)},
     "gives the balloon's pages, and a dead thread's stack, back to the host"},
    {SYS_madvise,
     "madvise",
     kStart,
     "MADV_DONTDUMP",
     {is(2, MADV_DONTDUMP)},
     "keeps the guest's memory out of core dumps"},
    {SYS_madvise,
     "madvise",
     kStart,
     "MADV_DONTFORK",
     {is(2, MADV_DONTFORK)},
     "keeps it out of children"},
    {SYS_madvise,
     "madvise",
     kStart,
     "MADV_HUGEPAGE",
     {is(2, MADV_HUGEPAGE)},
     "a boot's memory in huge pages"},
    {SYS_madvise,
     "madvise",
     kStart,
     "MADV_POPULATE_WRITE",
     {is(2, MADV_POPULATE_WRITE)},
     "copies the pages of a saved machine that are known to be written"},
    {SYS_mincore, "mincore", kLoop, "", {}, "which of the guest's memory must be saved"},
});

constexpr auto kThreadRules = std::to_array<Rule>({
    {SYS_clone3, "clone3", kStart, "never", {}, "glibc falls back to clone", ENOSYS},
    {SYS_clone,
     "clone",
     kStart,
     "a thread of this process",
     {is_exactly(0, kThreadFlags)},
     "vCPU threads and disk workers"},
    {SYS_set_robust_list, "set_robust_list", kStart, "", {}, "glibc, in a new thread"},
    {SYS_rseq, "rseq", kStart, "", {}, "glibc, in a new thread"},
    {SYS_prctl,
     "prctl",
     kStart,
     "PR_SET_NAME",
     {is(0, PR_SET_NAME)},
     "names a thread for ps and top"},
    {SYS_seccomp, "seccomp", kStart, "", {}, "a thread takes more from itself"},
    {SYS_rt_sigaction,
     "rt_sigaction",
     kStart,
     "SIGUSR1",
     {is(0, SIGUSR1)},
     "the handler that makes a kick interrupt KVM_RUN"},
    {SYS_rt_sigaction,
     "rt_sigaction",
     kStart,
     "SIGSETXID",
     {is(0, kSetIdSignal)},
     "glibc, before it makes its first thread"},
});

constexpr auto kLibraryRules = std::to_array<Rule>({
    {SYS_rt_sigprocmask,
     "rt_sigprocmask",
     kStart | kRunning,
     "",
     {},
     "glibc, while a thread starts and ends, and in abort"},
    {SYS_rt_sigreturn, "rt_sigreturn", kStart | kRunning, "", {}, "the end of a handler"},
    {SYS_restart_syscall,
     "restart_syscall",
     kStart | kRunning,
     "",
     {},
     "the kernel, after the process was stopped and continued"},
    {SYS_getpid, "getpid", kStart | kRunning, "", {}, "glibc, before tgkill"},
    {SYS_gettid, "gettid", kStart | kRunning, "", {}, "glibc, in abort"},
    {SYS_tgkill,
     "tgkill",
     kStart | kRunning,
     "this process",
     {is(0, kOwnProcess)},
     "kicks a vCPU out of the guest; abort"},
    {SYS_futex,
     "futex",
     kStart | kRunning,
     "FUTEX_WAIT",
     {Condition{1, kFutexCommand, FUTEX_WAIT}},
     "mutexes"},
    {SYS_futex,
     "futex",
     kStart | kRunning,
     "FUTEX_WAKE",
     {Condition{1, kFutexCommand, FUTEX_WAKE}},
     "mutexes and condition variables"},
    {SYS_futex,
     "futex",
     kStart | kRunning,
     "FUTEX_WAIT_BITSET",
     {Condition{1, kFutexCommand, FUTEX_WAIT_BITSET}},
     "condition variables and joining threads"},
    {SYS_exit, "exit", kStart | kRunning, "", {}, "the end of a thread"},
    {SYS_exit_group, "exit_group", kStart | kRunning, "", {}, "the end of the process"},
});

constexpr auto kLoopRules = std::to_array<Rule>({
    {SYS_epoll_create1, "epoll_create1", kStart, "", {}, "the event loop"},
    {SYS_timerfd_create, "timerfd_create", kStart, "", {}, "the loop's timers"},
    {SYS_eventfd2, "eventfd2", kStart, "", {}, "interrupts, notifications, the loop's wake-up"},
    {SYS_epoll_ctl,
     "epoll_ctl",
     kStart | kRunning,
     "",
     {},
     "what the loop waits for; other threads wake it with this"},
    {SYS_timerfd_settime, "timerfd_settime", kStart | kLoop, "", {}, "the loop's next timer"},
    {SYS_clock_gettime,
     "clock_gettime",
     kStart | kRunning,
     "",
     {},
     "timers and steps of the start, where the vDSO cannot tell the time"},
    {SYS_ioctl,
     "ioctl",
     kStart | kLoop,
     "FIONBIO",
     {is(1, FIONBIO)},
     "Asio, on each descriptor that the loop watches"},
    {SYS_read, "read", kStart | kLoop, "", {}, "eventfds and timerfds"},
    {SYS_write,
     "write",
     kStart | kRunning,
     "",
     {},
     "eventfds, the guest's console, messages on standard error"},
    {SYS_close, "close", kStart | kLoop, "", {}, "a stream that has ended"},
});

constexpr auto kHostRules = std::to_array<Rule>({
    {SYS_recvmsg, "recvmsg", kStart | kLoop, "", {}, "the host's messages; vsock streams"},
    {SYS_sendmsg, "sendmsg", kStart | kLoop, "", {}, "messages to the host; vsock streams"},
    {SYS_socketpair,
     "socketpair",
     kStart | kLoop,
     "AF_UNIX",
     {is(0, AF_UNIX)},
     "a stream that the guest opens: one end goes to the host"},
    {SYS_shutdown, "shutdown", kStart | kLoop, "", {}, "a stream's half-close"},
    {SYS_getsockopt,
     "getsockopt",
     kStart | kLoop,
     "SO_TYPE",
     {is(1, SOL_SOCKET), is(2, SO_TYPE)},
     "whether the host handed over a stream"},
    {SYS_fcntl,
     "fcntl",
     kStart,
     "F_GETFL",
     {is(1, F_GETFL)},
     "whether a disk's file may be written"},
    {SYS_fcntl,
     "fcntl",
     kStart,
     "F_SETFL",
     {is(1, F_SETFL)},
     "makes the console's pipe and the host's socket non-blocking"},
    {SYS_fcntl,
     "fcntl",
     kStart,
     "F_DUPFD_CLOEXEC",
     {is(1, F_DUPFD_CLOEXEC)},
     "the host's socket, watched for both directions"},
    {SYS_newfstatat,
     "newfstatat",
     kStart,
     "AT_EMPTY_PATH",
     {is(3, AT_EMPTY_PATH)},
     "the size and kind of files that the host handed over"},
    {SYS_pread64, "pread64", kStart, "", {}, "the guest kernel's headers; a saved machine's state"},
    {SYS_getrandom, "getrandom", kStart | kLoop, "", {}, "the guest's entropy device"},
});

constexpr auto kDiskRules = std::to_array<Rule>({
    {SYS_preadv, "preadv", kStart | kDisk, "", {}, "the guest's kernel; disk reads"},
    {SYS_preadv2, "preadv2", kLoop, "", {}, "disk reads that the page cache can answer at once"},
    {SYS_pwritev2, "pwritev2", kLoop | kDisk, "", {}, "disk writes; a saved guest's memory"},
    {SYS_fdatasync, "fdatasync", kDisk, "", {}, "the guest's flushes"},
    {SYS_fallocate,
     "fallocate",
     kDisk,
     "FALLOC_FL_PUNCH_HOLE",
     {is(1, kPunchHole)},
     "the guest's discards, and zeroes; allocates nothing"},
});

using Part = std::span<const Rule>;

std::array<Part, 9> parts() {
    return {kKvmRules,     platform_rules(), kMemoryRules, kPageRules, kThreadRules,
            kLibraryRules, kLoopRules,       kHostRules,   kDiskRules};
}

}  // namespace

std::vector<Rule> all_rules() {
    return rules_for(Role::Start);
}

std::vector<Rule> rules_for(Role role) {
    const auto belongs = [role](const Rule& rule) {
        return role == Role::Start || (rule.roles & roles_of(role)) != 0;
    };
    std::vector<Rule> rules;
    for (const Part& part : parts()) {
        std::ranges::copy_if(part, std::back_inserter(rules), belongs);
    }
    return rules;
}

}  // namespace bulkhead::lockdown
