// clone3(2) for processes of the container. Thread: the launcher's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Linux;
}

namespace bulkhead::agent {

// Like fork(), with new namespaces (CLONE_NEW*) and in the cgroup `cgroup` unless it is negative.
// The child's parent is the launcher's parent. Gives 0 in the child.
Result<pid_t> clone_for_parent(std::uint64_t namespaces, int cgroup);

// Writes the id maps of a child in a new user namespace.
Result<void> write_id_maps(pid_t child, const oci::v1::Linux& linux);

}  // namespace bulkhead::agent
