// Changes what a container was created with. Thread: any.
#pragma once

#include "base/result.h"
#include "host/runtime/disk_limits.h"
#include "host/sandbox/disk_limits.h"
#include "host/sandbox/shape.h"

namespace bulkhead::container::v1 {
class Config;
class DiskLimits;
}  // namespace bulkhead::container::v1

namespace bulkhead::supervisor::v1 {
class UpdateRequest;
}

namespace bulkhead::engine {

// An error when a machine that runs cannot give so much: it is as large as it was started.
Result<void> check_running_update(const sandbox::Shape& machine,
                                  const supervisor::v1::UpdateRequest& update);

// Only what is set.
void set_disk_limits(const runtime::DiskLimits& limits, container::v1::DiskLimits& target);

// What a machine's disks are held to, as its container's configuration has it.
sandbox::DiskLimits disk_limits_of(const container::v1::Config& config);

// For later starts.
void apply_update(const supervisor::v1::UpdateRequest& update, container::v1::Config& config);

}  // namespace bulkhead::engine
