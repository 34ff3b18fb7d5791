// From a container's configuration to everything that its sandbox needs: disks, kernel, /dev/kvm.
// Every step that fails leaves nothing behind. Thread: any.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "host/engine/host_files.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::container::v1 {
class Config;
class Machine;
}  // namespace bulkhead::container::v1

namespace bulkhead::engine {

struct LaunchPlaces {
    std::string image_store;
    std::string directory;  // the container's own
    std::string disks;      // for disks without a name
    std::string checkpoints;
};

// The machine without its disks: kernel, agent, shape.
Result<sandbox::Launch> make_boot(const container::v1::Machine& machine, const HostFiles& files);

// Where its kernel is.
const std::string& kernel_of(const container::v1::Machine& machine, const HostFiles& files);

// Whether the container has written to its disk before, or may have.
bool has_own_disk(const container::v1::Config& config, const LaunchPlaces& places);

// What the container's writable disk becomes a copy of, when all but that is planned; -1: it has
// its own, or a new one.
using DiskOriginal = std::function<Result<int>(const sandbox::SandboxPlan& plan)>;

Result<sandbox::SandboxPlan> make_launch_plan(const container::v1::Config& config,
                                              const HostFiles& files, const LaunchPlaces& places,
                                              const DiskOriginal& original = nullptr);

}  // namespace bulkhead::engine
