// Scheduling of the calling process, as its spec has it. Thread: the child's only one.
#pragma once

#include <string>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Process;
}

namespace bulkhead::agent {

// Scheduler and I/O priority; takes the privileges that the process may not keep.
Result<void> set_scheduling(const oci::v1::Process& process);

// "LINUX", "LINUX32", or empty for no change.
Result<void> set_personality(const std::string& domain);

}  // namespace bulkhead::agent
