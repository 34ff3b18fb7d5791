// Hooks of one kind that run one after another.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "guest-agent/container/supervisor.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {

struct Supervisor::HookRun {
    std::vector<oci::v1::Hook> hooks;
    std::string state;
    // Init: in namespaces of its own over the container's root. Exec: beside the first process.
    LaunchRequest::Kind kind = LaunchRequest::Kind::Exec;
    std::function<void()> done;
};

}  // namespace bulkhead::agent
