// Other processes, and more of one's own.
#include <pthread.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <csignal>

#include "tests/integration/jail/act.h"

namespace bulkhead::test {

namespace {

// Its starter, or where that cannot be seen some process that is not itself.
long starter() {
    const long parent = ::syscall(SYS_getppid);
    return parent > 0 ? parent : 2;
}

int fork_with(unsigned long flags) {
    const long child = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0);
    if (child == 0) ::_exit(0);
    return outcome(child);
}

// Whatever the first one gives, it goes on; far above any bound.
int fork_bomb() {
    constexpr int kMany = 4096;
    for (int i = 0; i < kMany; ++i) {
        const long child = ::syscall(SYS_fork);
        if (child == 0) {
            ::syscall(SYS_pause);
            ::_exit(0);
        }
        if (child < 0) return errno;
    }
    return 0;
}

void* do_nothing(void* /*unused*/) {
    return nullptr;
}

int make_thread() {
    pthread_t thread{};
    const int error = ::pthread_create(&thread, nullptr, do_nothing, nullptr);
    if (error == 0) ::pthread_join(thread, nullptr);
    return error;
}

int read_other_memory() {
    char byte = 0;
    iovec local{&byte, 1};
    iovec remote{&byte, 1};
    return outcome(::syscall(SYS_process_vm_readv, 2, &local, 1, &remote, 1, 0));
}

// As a process's first step to another one's descriptors.
int take_descriptor() {
    const long process = ::syscall(SYS_pidfd_open, starter(), 0);
    if (process < 0) return errno;
    return outcome(::syscall(SYS_pidfd_getfd, process, 0, 0));
}

// A descriptor that it was not given. Everything above 3 was closed.
int read_descriptor(int fd) {
    char byte = 0;
    return outcome(::syscall(SYS_read, fd, &byte, 1));
}

int raise_limit() {
    const rlimit more{1U << 20U, 1U << 20U};
    return outcome(::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, nullptr));
}

}  // namespace

std::vector<Act> process_acts() {
    return {
        {"fork", [] { return outcome(fork_with(0)); }, Second::MayNot},
        {"fork without end", fork_bomb},
        {"make a thread", make_thread, Second::MayNot},
        {"fork into a new user namespace", [] { return fork_with(CLONE_NEWUSER); }, Second::MayNot},
        {"fork into a new network namespace", [] { return fork_with(CLONE_NEWNET); }},
        {"a user namespace of its own",
         [] { return outcome(::syscall(SYS_unshare, CLONE_NEWUSER)); }, Second::MayNot},
        {"a mount namespace of its own",
         [] { return outcome(::syscall(SYS_unshare, CLONE_NEWNS)); }},
        {"enter a namespace", [] { return outcome(::syscall(SYS_setns, 3, 0)); }},
        {"trace its starter",
         [] { return outcome(::syscall(SYS_ptrace, PTRACE_SEIZE, starter(), 0, 0)); }},
        {"read another process's memory", read_other_memory},
        {"signal its starter", [] { return outcome(::syscall(SYS_kill, starter(), 0)); }},
        {"signal everybody", [] { return outcome(::syscall(SYS_kill, -1, 0)); }},
        {"signal another VM's vCPU (tgkill)",
         [] { return outcome(::syscall(SYS_tgkill, 2, 2, 0)); }},
        {"open another process (pidfd_open)",
         [] { return outcome(::syscall(SYS_pidfd_open, 2, 0)); }},
        {"take another process's descriptor", take_descriptor},
        {"read descriptor 4", [] { return read_descriptor(4); }},
        {"read descriptor 1000", [] { return read_descriptor(1000); }},
        {"be more important (setpriority)",
         [] { return outcome(::syscall(SYS_setpriority, PRIO_PROCESS, 0, -20)); }},
        {"choose its processors",
         [] {
             unsigned long all = 1;
             return outcome(::syscall(SYS_sched_setaffinity, 0, sizeof(all), &all));
         },
         Second::MayNot},
        {"raise a limit", raise_limit},
    };
}

}  // namespace bulkhead::test
