#include "host/jail/child.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

#include "host/jail/empty_root.h"
#include "host/jail/privileges.h"

namespace bulkhead::jail {

namespace {

// A monitor has at most 37 threads: 32 vCPUs, four disk workers and the loop.
constexpr rlim_t kMaxThreads = 48;

void tell(const ChildPlan& plan, const Notice& notice) {
    [[maybe_unused]] const ssize_t ignored = ::write(plan.status, &notice, sizeof(notice));
}

// The owner has gone when the pipe ends without a byte.
int wait_for_go(const ChildPlan& plan) {
    ::close(plan.go_writer);
    char byte = 0;
    ssize_t count = -1;
    do {
        count = ::read(plan.go, &byte, 1);
    } while (count < 0 && errno == EINTR);
    return count == 1 ? 0 : ESRCH;
}

int take_descriptors(const ChildPlan& plan) {
    for (int target = 0; target < kInherited; ++target) {
        if (::dup2(plan.descriptors[static_cast<std::size_t>(target)], target) < 0) return errno;
    }
    // All of ours are close-on-exec already; this is for what a library opened without.
    if (::syscall(SYS_close_range, kInherited, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return errno;
    return 0;
}

// Has AppArmor's profile of the monitor taken with the execution, where the host has loaded it. By
// name: a program that is executed by descriptor in an empty root has no path to attach one to.
// Before the root directory and the user change, which hide the file.
void ask_for_profile() {
    constexpr std::string_view kRequest = "exec bulkhead-vmm";
    const int fd = ::open("/proc/thread-self/attr/apparmor/exec", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;  // no AppArmor in this kernel
    [[maybe_unused]] const ssize_t ignored = ::write(fd, kRequest.data(), kRequest.size());
    ::close(fd);
}

// The terminal's signals are not for a monitor, and it has none blocked or ignored.
int reset_session() {
    if (::setsid() < 0) return errno;
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // An ignored signal stays ignored over exec: SIGPIPE is for us, SIGHUP may be by nohup.
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    return 0;
}

// System calls rather than libc's functions, which would ask other threads to do the same.
int become_user(const ChildPlan& plan) {
    if (!plan.change_user) return 0;
    if (::syscall(SYS_setgroups, 0, nullptr) != 0) return errno;
    if (::syscall(SYS_setresgid, plan.group, plan.group, plan.group) != 0) return errno;
    if (::syscall(SYS_setresuid, plan.user, plan.user, plan.user) != 0) return errno;
    return 0;
}

int lower_limit(__rlimit_resource resource, rlim_t most) {
    rlimit bounds{};
    if (::getrlimit(resource, &bounds) != 0) return errno;
    if (bounds.rlim_max > most) bounds.rlim_max = most;
    bounds.rlim_cur = bounds.rlim_max;
    return ::setrlimit(resource, &bounds) == 0 ? 0 : errno;
}

// What the starter bounds for itself, and not for what it starts.
int lift_own_limit(__rlimit_resource resource) {
    rlimit bounds{};
    if (::getrlimit(resource, &bounds) != 0) return errno;
    bounds.rlim_cur = bounds.rlim_max;
    return ::setrlimit(resource, &bounds) == 0 ? 0 : errno;
}

int limit_threads(const ChildPlan& plan) {
    // The bound is on the user's processes, in this namespace; a user's without one are not ours.
    if (!plan.own_user && !plan.user_namespace) return 0;
    return lower_limit(RLIMIT_NPROC, kMaxThreads);
}

void hide_files(const ChildPlan& plan) {
    if (!plan.empty_root) return;
    const int error = plan.mount_namespace ? enter_empty_root() : EPERM;
    if (error != 0) tell(plan, {Notice::Kind::Missing, Layer::EmptyRoot, error});
}

// After the last change of credentials, which would undo it.
int die_with_owner(const ChildPlan& plan) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    // It may have died before the line above; a parent outside of one's own pid namespace has no
    // id, so that getppid() does not tell.
    pollfd owner{.fd = plan.owner, .events = POLLIN, .revents = 0};
    return ::poll(&owner, 1, 0) == 0 ? 0 : ESRCH;
}

int execute(const ChildPlan& plan) {
    char* const arguments[] = {const_cast<char*>("bulkhead-vmm"), nullptr};
    char* const environment[] = {nullptr};
    if (plan.path != nullptr) {
        ::execve(plan.path, arguments, environment);
    } else {
        ::syscall(SYS_execveat, plan.program, "", arguments, environment, AT_EMPTY_PATH);
    }
    return errno;
}

// Gives the error number of what failed. In a user namespace the user comes first: the one that the
// child was made with has no id there, and so can own no mount. Without one it comes last, because
// only root can mount.
int become_monitor(const ChildPlan& plan) {
    int error = wait_for_go(plan);
    if (error == 0) error = take_descriptors(plan);
    if (error == 0) ask_for_profile();
    if (error == 0) error = reset_session();
    if (error == 0) error = give_up_future_privileges();
    if (error == 0 && plan.user_namespace) error = become_user(plan);
    if (error == 0) hide_files(plan);
    if (error == 0 && !plan.user_namespace) error = become_user(plan);
    if (error == 0) error = limit_threads(plan);
    if (error == 0) error = lift_own_limit(RLIMIT_DATA);  // a guest's memory counts there
    if (error == 0) error = lower_limit(RLIMIT_FSIZE, plan.file_bytes);
    if (error == 0) error = give_up_privileges();
    if (error == 0) error = die_with_owner(plan);
    return error == 0 ? execute(plan) : error;
}

}  // namespace

void run_child(const ChildPlan& plan) {
    tell(plan, {Notice::Kind::Fatal, {}, become_monitor(plan)});
    ::_exit(127);
}

}  // namespace bulkhead::jail
