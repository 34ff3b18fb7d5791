#include "guest-agent/launch/container.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/mounts/container_mounts.h"
#include "guest-agent/mounts/devices.h"
#include "guest-agent/mounts/hidden_paths.h"
#include "guest-agent/mounts/injected_files.h"
#include "guest-agent/mounts/mount_api.h"
#include "guest-agent/mounts/path.h"
#include "guest-agent/network/loopback.h"
#include "guest-agent/spec/mount_options.h"
#include "guest-agent/spec/namespaces.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

// Ids of the agent may have no meaning in the new user namespace.
Result<void> become_namespace_root() {
    if (::setresgid(0, 0, 0) != 0) return errno_error("user namespace: setresgid");
    if (::setresuid(0, 0, 0) != 0) return errno_error("user namespace: setresuid");
    return {};
}

Result<void> set_names(const oci::v1::Spec& spec) {
    const std::string& host = spec.hostname();
    const std::string& domain = spec.domainname();
    if (!host.empty() && ::sethostname(host.data(), host.size()) != 0)
        return errno_error("hostname");
    if (!domain.empty() && ::setdomainname(domain.data(), domain.size()) != 0) {
        return errno_error("domainname");
    }
    return {};
}

// Its offsets can be written until the first process is in it: this one, when it executes the
// program.
Result<void> make_time_namespace(const oci::v1::Linux& linux) {
    if (::unshare(CLONE_NEWTIME) != 0) return errno_error("time namespace");
    for (const auto& [clock, offset] : linux.time_offsets()) {
        const UniqueFd file = TRY_CONTEXT(open_file("/proc/self/timens_offsets", O_WRONLY), "time");
        const std::string line =
            concat(clock, " ", offset.seconds(), " ", offset.nanoseconds(), "\n");
        TRY_CONTEXT(write_full(file.get(), std::as_bytes(std::span(line))),
                    concat("time offset of ", clock));
    }
    return {};
}

// Written through the agent's /proc: the namespaces are the writer's, and the image has no say.
Result<void> set_sysctls(const oci::v1::Linux& linux) {
    for (const auto& [key, value] : linux.sysctl()) {
        std::string path = key;
        if (path.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '.', '/');
        const UniqueFd file = TRY_CONTEXT(open_file("/proc/sys/" + path, O_WRONLY), "sysctl");
        TRY_CONTEXT(write_full(file.get(), std::as_bytes(std::span(value))),
                    concat("sysctl ", key));
    }
    return {};
}

// A mount of its own: pivot_root wants one, and attributes set on it touch nothing else.
Result<UniqueFd> open_root(const std::string& path) {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return errno_error("making mounts private");
    }
    UniqueFd root = TRY(clone_mount(AT_FDCWD, path, Depth::Recursive));
    const UniqueFd target = TRY(open_file(path, O_PATH | O_DIRECTORY));
    TRY(attach_mount(root.get(), target.get()));
    return root;
}

// pivot_root(".", "."): the old root ends up over the new one and is taken off. No directory for it
// is needed in the container (pivot_root(2), NOTES).
Result<void> pivot_to(int root) {
    if (::fchdir(root) != 0) return errno_error("entering the root");
    if (::syscall(SYS_pivot_root, ".", ".") != 0) return errno_error("pivot_root");
    if (::umount2(".", MNT_DETACH) != 0) return errno_error("leaving the agent's root");
    if (::chdir("/") != 0) return errno_error("entering the root");
    return {};
}

Result<void> set_propagation(const std::string& name) {
    if (name.empty()) return {};  // it is private, and a mount may have one of its own
    const std::uint64_t flags = TRY(parse_propagation(name));
    if (::mount(nullptr, "/", nullptr, flags, nullptr) != 0) return errno_error("root propagation");
    return {};
}

Result<void> fill_root(const v1::StartRequest& start, const LaunchRequest& request,
                       std::uint64_t namespaces) {
    const oci::v1::Spec& spec = start.spec();
    const UniqueFd root = TRY(open_root(request.root));
    const ContainerRoot container{.directory = root.get(),
                                  .in_user_namespace = (namespaces & CLONE_NEWUSER) != 0,
                                  .in_cgroup_namespace = (namespaces & CLONE_NEWCGROUP) != 0,
                                  .cgroup = request.cgroup_path};
    TRY(mount_all(spec, container));
    TRY(make_devices(spec, container));
    TRY(set_sysctls(spec.linux()));
    TRY(inject_files(start, root.get()));
    TRY(pivot_to(root.get()));
    return set_propagation(spec.linux().rootfs_propagation());
}

}  // namespace

Result<void> build_container(const v1::StartRequest& start, const LaunchRequest& request) {
    const std::uint64_t namespaces = namespace_flags(start.spec());
    if ((namespaces & CLONE_NEWUSER) != 0) TRY(become_namespace_root());
    if ((namespaces & CLONE_NEWCGROUP) != 0 && ::unshare(CLONE_NEWCGROUP) != 0) {
        return errno_error("cgroup namespace");
    }
    if ((namespaces & CLONE_NEWTIME) != 0) TRY(make_time_namespace(start.spec().linux()));
    if ((namespaces & CLONE_NEWNET) != 0) TRY(loopback_up());
    TRY(set_names(start.spec()));
    return fill_root(start, request, namespaces);
}

Result<void> finish_container(const oci::v1::Spec& spec) {
    const UniqueFd root = TRY(open_file("/", O_PATH | O_DIRECTORY));
    // docker's WORKDIR is made when the image lacks it.
    if (!spec.process().cwd().empty()) {
        TRY_CONTEXT(open_in_root(root.get(), spec.process().cwd(), IfMissing::MakeDirectory),
                    "working directory");
    }
    TRY(hide_paths(spec.linux()));
    if (!spec.root_readonly()) return {};
    return change_mount(root.get(), {.set = MOUNT_ATTR_RDONLY}, Depth::One)
        .context("read-only root");
}

Result<void> join_container(const oci::v1::Spec& spec, int container) {
    const std::uint64_t namespaces = namespace_flags(spec) & ~std::uint64_t{CLONE_NEWPID};
    if (::setns(container, static_cast<int>(namespaces)) != 0) {
        return errno_error("joining the container's namespaces");
    }
    if ((namespaces & CLONE_NEWUSER) != 0) TRY(become_namespace_root());
    return {};
}

}  // namespace bulkhead::agent
