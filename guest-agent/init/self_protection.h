// What keeps the agent alive and responsive beside a container that uses all it can get.
// Thread: the only one there is yet.
#pragma once

#include "base/result.h"

namespace bulkhead::agent {

// Never the OOM killer's choice; a cgroup of its own with memory that reclaim leaves alone and
// processor time when it asks. `cgroups` is where cgroup2 is mounted.
Result<void> protect_self(const char* cgroups);

// The limits that the launcher, and through it the container's processes, start with.
Result<void> set_inherited_limits();
// The agent's own, later: a descriptor or four for each process's streams.
Result<void> raise_own_limits();

}  // namespace bulkhead::agent
