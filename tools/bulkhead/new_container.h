// From a checked `run` or `create` command line to a container that exists: image, configuration,
// record. Every step that fails leaves nothing behind. Thread: main.
#pragma once

#include "base/result.h"
#include "host/state/state_store.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/run_flags.h"

namespace bulkhead::container::v1 {
class Machine;
}

namespace bulkhead::cli {

// `flags` is complete: environment and terminal size included.
Result<state::Container> create_container(const Context& context, RunFlags& flags,
                                          engine::Engine& engine);

// The machine's part of a container's configuration.
void set_machine(const RunFlags& flags, container::v1::Machine& machine);

}  // namespace bulkhead::cli
