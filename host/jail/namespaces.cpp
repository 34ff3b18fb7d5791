#include "host/jail/namespaces.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::jail {

const std::array<Namespace, 7> kNamespaces{{
    {CLONE_NEWUSER, Layer::UserNamespace},
    {CLONE_NEWNS, Layer::MountNamespace},
    {CLONE_NEWPID, Layer::PidNamespace},
    {CLONE_NEWNET, Layer::NetworkNamespace},
    {CLONE_NEWIPC, Layer::IpcNamespace},
    {CLONE_NEWUTS, Layer::UtsNamespace},
    {CLONE_NEWCGROUP, Layer::CgroupNamespace},
}};

namespace {

Result<void> try_namespaces(std::uint64_t flags) {
    const Child child = TRY(fork_into(flags));
    if (child.pid == 0) ::_exit(0);
    while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) continue;
    return {};
}

}  // namespace

Result<Child> fork_into(std::uint64_t namespaces) {
    int pidfd = -1;
    // SAFETY: without CLONE_VM and a stack of its own the child goes on from here in a copy, as
    // after fork(). Not clone3, which many containers' filters refuse.
    const long pid =
        ::syscall(SYS_clone, namespaces | CLONE_PIDFD | SIGCHLD, nullptr, &pidfd, nullptr, 0);
    if (pid < 0) return errno_error("clone");
    return Child{static_cast<pid_t>(pid), UniqueFd(pid == 0 ? -1 : pidfd)};
}

Result<Child> fork_into(std::uint64_t namespaces, int cgroup) {
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = __u64{namespaces} | CLONE_PIDFD | CLONE_INTO_CGROUP;
    // SAFETY: the kernel writes the number to this variable before either process goes on.
    arguments.pidfd = reinterpret_cast<__u64>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = static_cast<__u64>(cgroup);
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (pid < 0) return errno_error("clone3 into a cgroup");
    return Child{static_cast<pid_t>(pid), UniqueFd(pid == 0 ? -1 : pidfd)};
}

std::uint64_t all_namespaces() {
    std::uint64_t all = 0;
    for (const Namespace& each : kNamespaces) all |= each.flag;
    return all;
}

std::uint64_t available_namespaces(std::uint64_t wanted, Report& report) {
    std::uint64_t available = 0;
    for (const Namespace& each : kNamespaces) {
        if ((wanted & each.flag) == 0) continue;
        const auto tried = try_namespaces((available & CLONE_NEWUSER) | each.flag);
        if (tried) {
            available |= each.flag;
        } else {
            report.miss(each.layer, tried.error().message());
        }
    }
    return available;
}

Result<void> write_id_maps(pid_t child, uid_t user, gid_t group) {
    const std::string folder = concat("/proc/", child, "/");
    // Without privileges groups can only be mapped once they cannot be dropped any more.
    if (::geteuid() != 0) TRY(write_setting(folder + "setgroups", "deny"));
    TRY(write_setting(folder + "uid_map", concat(user, " ", user, " 1\n")));
    return write_setting(folder + "gid_map", concat(group, " ", group, " 1\n"));
}

}  // namespace bulkhead::jail
