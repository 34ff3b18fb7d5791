// The cgroup of a container's supervisor, beside that of its machine: what it does counts as the
// container's. Thread: any one at a time.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/cgroup/place.h"

namespace bulkhead::cgroup {

// Makes it, in the container's, and opens its directory for fork_into(). It is nobody's session or
// service, whose end would end a supervisor; weighs as ten machines, so that one that is busy does
// not keep its supervisor from stopping it; and is bounded in threads.
Result<UniqueFd> open_supervisor(const Place& container);

// Of a process in the container's cgroup `path`, when its machine's is gone: the cgroup goes after
// the process, however that ends, unless somebody else is in it by then. A child in a cgroup beside
// it sees to that. This process must be able to start one still.
Result<void> remove_after_us(const std::string& path);

}  // namespace bulkhead::cgroup
