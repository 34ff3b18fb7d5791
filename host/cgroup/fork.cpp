#include "host/cgroup/fork.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace bulkhead::cgroup {

namespace {

void move_there(int cgroup) {
    const int file = ::openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    [[maybe_unused]] const ssize_t ignored = ::write(file, "0", 1);
    ::close(file);
}

}  // namespace

pid_t fork_into(int cgroup) {
    clone_args wanted{};
    wanted.flags = CLONE_INTO_CGROUP;
    wanted.exit_signal = SIGCHLD;
    wanted.cgroup = static_cast<__u64>(cgroup);
    // SAFETY: without CLONE_VM and a stack of its own the child goes on from here in a copy, as
    // after fork().
    const long cloned = ::syscall(SYS_clone3, &wanted, sizeof(wanted));
    if (cloned < 0 && errno == ENOENT) errno = ENODEV;  // the kernel says both
    if (cloned >= 0 || errno == ENODEV) return static_cast<pid_t>(cloned);
    const pid_t pid = ::fork();
    if (pid == 0) move_there(cgroup);
    return pid;
}

}  // namespace bulkhead::cgroup
