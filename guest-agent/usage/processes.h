// The container's processes, as /proc shows them. Thread: any.
#pragma once

#include <string>

#include "base/result.h"

namespace bulkhead::agent::v1 {
class ProcessesReply;
}

namespace bulkhead::agent {

// Those in the cgroup at `cgroup` and below, by their number in the container. Bounded: what does
// not fit into one message is left out, and that is said.
Result<v1::ProcessesReply> read_processes(const std::string& cgroup);

}  // namespace bulkhead::agent
