// A process of the container, from its creation by the launcher to the execution of its program.
// Thread: the child's only one.
#pragma once

#include "guest-agent/launch/request.h"
#include "guest-agent/launch/status_channel.h"
#include "guest-agent/seccomp/program.h"

namespace bulkhead::agent {

struct ChildContext {
    const LaunchRequest& request;
    const v1::StartRequest& start;
    const SeccompProgram& seccomp;
    StatusChannel& status;
    int go;  // one byte arrives here when the launcher has done its part
};

// Either executes the program, or tells the status channel why not and ends.
[[noreturn]] void run_child(const ChildContext& context);

}  // namespace bulkhead::agent
