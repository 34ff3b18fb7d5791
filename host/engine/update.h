// Changes what a container was created with. Thread: any.
#pragma once

#include "base/result.h"
#include "host/runtime/device_limits.h"
#include "host/sandbox/device_limits.h"
#include "host/sandbox/shape.h"

namespace bulkhead::container::v1 {
class Config;
class DeviceLimits;
}  // namespace bulkhead::container::v1

namespace bulkhead::supervisor::v1 {
class UpdateRequest;
}

namespace bulkhead::engine {

// An error when a machine that runs cannot give so much: it is as large as it was started.
Result<void> check_running_update(const sandbox::Shape& machine,
                                  const supervisor::v1::UpdateRequest& update);

// Only what is set.
void set_device_limits(const runtime::DeviceLimits& limits, container::v1::DeviceLimits& target);

// What a machine's devices are held to, as its container's configuration has it.
sandbox::DeviceLimits device_limits_of(const container::v1::Config& config);

// For later starts.
void apply_update(const supervisor::v1::UpdateRequest& update, container::v1::Config& config);

}  // namespace bulkhead::engine
