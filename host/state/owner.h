// Brings the process that owns a container to its end. For this folder only. Thread: any.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::state {

// Tells the owner to end the container at once (SIGQUIT), and takes the lock when it has let go of
// it. An owner that does not obey is killed, and its VM with it.
Result<void> end_owner(const std::string& directory, const UniqueFd& lock);

}  // namespace bulkhead::state
