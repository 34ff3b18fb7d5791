// The namespaces of the container's first process, held so that they outlive it: taking a network
// and a tree of mounts apart is much of a short container's life, and a machine that ends with its
// container need not do it. Whoever unmounts the root file system lets go of them first.
// Thread: any one at a time.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/unique_fd.h"

namespace bulkhead::agent {

// What cannot be opened is not held.
std::vector<UniqueFd> hold_namespaces(pid_t process);

}  // namespace bulkhead::agent
