// A container that goes on from a checkpoint: its configuration, and its machine. Thread: any.
#pragma once

#include <string>

#include "base/result.h"
#include "host/checkpoints/store.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

// The configuration that was saved, for another container: with its own host name, unless the first
// one's was chosen, and to go on from `name` when it starts.
Result<container::v1::Config> restored_config(const checkpoints::Checkpoint& checkpoint,
                                              const std::string& name, const std::string& id);

// Has a plan that would boot go on from the checkpoint. `now` is that boot's key. An error says
// what of the machine, the host or bulkhead is not as it was.
Result<void> restore_plan(const container::v1::Config& config, checkpoints::Checkpoint checkpoint,
                          const templates::Key& now, sandbox::SandboxPlan& plan);

}  // namespace bulkhead::engine
