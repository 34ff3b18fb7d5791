// `run --config`: a container from an OCI runtime bundle. Thread: main.
#pragma once

#include "base/result.h"
#include "tools/bulkhead/run_flags.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::cli {

// Reads it, and sets what it decides about the command itself: whether there is a terminal.
Result<void> read_bundle(RunFlags& flags);

// All of the configuration but the machine.
Result<container::v1::Config> bundle_config(const RunFlags& flags);

// The machine has what the spec's limits ask for.
void size_by_limits(container::v1::Config& config);

}  // namespace bulkhead::cli
