// The way from a command to a container's supervisor. Thread: main.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/state/state_store.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

// Starts a supervisor for a container that has none; gives the connection to it.
Result<UniqueFd> launch_supervisor(const Context& context, const state::StateStore& store,
                                   const state::Record& record);

// A connection to the supervisor that there is; an error when the container does not run.
Result<UniqueFd> connect_supervisor(const state::StateStore& store, const state::Record& record);

}  // namespace bulkhead::cli
