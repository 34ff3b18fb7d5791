#include "guest-agent/launch/clone.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/syscalls.h"
#include "base/text.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

template <class Mappings>
Result<void> write_map(pid_t child, const char* name, const Mappings& mappings) {
    if (mappings.empty()) return {};
    std::string text;
    for (const auto& each : mappings) {
        text += concat(each.container_id(), " ", each.host_id(), " ", each.size(), "\n");
    }
    const UniqueFd map = TRY(open_file(concat("/proc/", child, "/", name), O_WRONLY));
    return write_full(map.get(), std::as_bytes(std::span(text)));
}

}  // namespace

Result<pid_t> clone_for_parent(std::uint64_t namespaces, int cgroup) {
    clone_args arguments{};
    // With CLONE_PARENT the exit signal is the launcher's own: SIGCHLD.
    arguments.flags = CLONE_PARENT | namespaces;
    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<__u64>(cgroup);
    }
    // SAFETY: without CLONE_VM and a stack of its own the child goes on from here in a copy, as
    // after fork().
    const long child = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (child < 0) return errno_error("clone3");
    return static_cast<pid_t>(child);
}

Result<void> write_id_maps(pid_t child, const oci::v1::Linux& linux) {
    TRY_CONTEXT(write_map(child, "uid_map", linux.uid_mappings()), "uid mappings");
    return write_map(child, "gid_map", linux.gid_mappings()).context("gid mappings");
}

}  // namespace bulkhead::agent
