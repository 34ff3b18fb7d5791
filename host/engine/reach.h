// The way to a container's supervisor: the one that runs, or a new one. Thread: main; start it
// before other threads exist (it forks).
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/state/state_store.h"

namespace bulkhead::engine {

// For a container that nobody owns: a supervisor that waits for what it shall do, and goes when its
// last client has gone. `lock`: what state::Container::hand_over() gave, so that nobody comes in
// between.
Result<UniqueFd> launch_supervisor(const state::StateStore& store, const state::Record& record,
                                   UniqueFd lock = {});

// An error is for the user: "container web is not running".
Result<UniqueFd> connect_supervisor(const state::StateStore& store, const state::Record& record);

}  // namespace bulkhead::engine
