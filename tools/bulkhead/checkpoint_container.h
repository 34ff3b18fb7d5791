// A new container that goes on from a checkpoint, for `run --from`. Thread: main.
#pragma once

#include "base/result.h"
#include "host/engine/engine.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/run_flags.h"

namespace bulkhead::cli {

// An error says why the checkpoint is none, or what of the flags it has no place for. Sets the
// flags that say how to attach to it as it was saved.
Result<state::Container> create_from_checkpoint(const Context& context, RunFlags& flags,
                                                engine::Engine& engine);

}  // namespace bulkhead::cli
