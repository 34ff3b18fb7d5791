// From a container's configuration to everything that its sandbox needs: disks, kernel, /dev/kvm.
// Every step that fails leaves nothing behind. Thread: any.
#pragma once

#include <string>

#include "base/result.h"
#include "host/engine/host_files.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

struct LaunchPlaces {
    std::string image_store;
    std::string directory;  // the container's own
    std::string disks;      // for disks without a name
};

Result<sandbox::SandboxPlan> make_launch_plan(const container::v1::Config& config,
                                              const HostFiles& files, const LaunchPlaces& places);

}  // namespace bulkhead::engine
