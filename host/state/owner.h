// Brings the process that owns a container to its end. For this folder only. Thread: any.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::state {

// Kills the container's VM, or ends its start, and takes the lock when the owner has let go of it.
// The owner is killed only if it does not end by itself: it has a terminal to restore and a status
// to return.
Result<void> end_owner(const std::string& directory, const UniqueFd& lock);

}  // namespace bulkhead::state
