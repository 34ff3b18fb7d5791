// A descriptor for a process that has not been reaped yet. Thread: any.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::agent {

Result<UniqueFd> open_pidfd(pid_t pid);

}  // namespace bulkhead::agent
