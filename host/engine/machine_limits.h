// What a container may use of the host: its cgroup, from the container's configuration.
// docs/limits.md. Thread: any.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "host/cgroup/limits.h"
#include "host/cgroup/place.h"
#include "host/sandbox/launch.h"
#include "host/sandbox/shape.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

// `parent`: empty, and it is the usual one. Nothing: this user has no cgroup to make it in.
std::optional<cgroup::Place> container_place(const std::string& parent, const std::string& id);
std::optional<cgroup::Place> container_place(const container::v1::Config& config,
                                             const std::string& id);

// Nothing is without bound, whatever the container's limits are: a machine is as large as it was
// started, and what it and its supervisor do for the guest costs a little more. `disks`:
// whole_disks_of().
cgroup::Limits machine_limits(const container::v1::Config& config, const sandbox::Shape& shape,
                              std::vector<dev_t> disks);

// The host's disks that hold the files of these, as far as they have one.
std::vector<dev_t> whole_disks_of(const std::vector<sandbox::LaunchDisk>& disks);

}  // namespace bulkhead::engine
