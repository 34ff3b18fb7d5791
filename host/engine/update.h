// Changes what a container was created with. Thread: any.
#pragma once

#include "base/result.h"
#include "host/sandbox/shape.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::supervisor::v1 {
class UpdateRequest;
}

namespace bulkhead::engine {

// An error when a machine that runs cannot give so much: it is as large as it was started.
Result<void> check_running_update(const sandbox::Shape& machine,
                                  const supervisor::v1::UpdateRequest& update);

// For later starts.
void apply_update(const supervisor::v1::UpdateRequest& update, container::v1::Config& config);

}  // namespace bulkhead::engine
