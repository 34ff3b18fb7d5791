// Brings the process that owns a container to its end. For this folder only. Thread: any.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/state/record.h"

namespace bulkhead::state {

// Kills the container's VM, and takes the lock when the owner has let go of it. The owner itself
// gets no signal unless it does not end: it has a terminal to restore and a status to return.
Result<void> end_owner(const Record& record, const UniqueFd& lock);

}  // namespace bulkhead::state
