// The namespaces of a jail, and making a process in them. Thread: any.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/jail/layer.h"

namespace bulkhead::jail {

struct Namespace {
    std::uint64_t flag = 0;  // CLONE_NEW*
    Layer layer{};
};

// The user namespace comes first: without privileges it is what allows the others.
extern const std::array<Namespace, 7> kNamespaces;

struct Child {
    pid_t pid = -1;  // 0: this is the child
    UniqueFd pidfd;
};

// As fork(), into new namespaces. In the child only async-signal-safe calls are possible.
Result<Child> fork_into(std::uint64_t namespaces);

// As fork_into(), with the child in the cgroup from its first moment: cheaper than to move it
// there, which waits for all processors. `cgroup` is its directory.
Result<Child> fork_into(std::uint64_t namespaces, int cgroup);

// Those of `wanted` that this host gives; the others are named in `report`. Makes a process for
// each to find out, so only after fork_into() has failed.
std::uint64_t available_namespaces(std::uint64_t wanted, Report& report);

// All of kNamespaces.
std::uint64_t all_namespaces();

// In the child's user namespace there is one user and one group, of the same ids as outside.
Result<void> write_id_maps(pid_t child, uid_t user, gid_t group);

}  // namespace bulkhead::jail
