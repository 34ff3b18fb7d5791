// A process of the agent that works on the container's files. It is inside the container's root
// before it looks at any path or content, so that links, ".." and mounts of a hostile container
// lead nowhere but into the container; and it is in none of the container's other namespaces, so
// that the container cannot see, signal or trace it. It loads nothing from there: no locale, no
// name service (CVE-2019-14271). Thread: its only one.
#pragma once

#include "guest-agent/launch/request.h"
#include "guest-agent/launch/status_channel.h"

namespace bulkhead::agent {

struct FileWorkerContext {
    const LaunchRequest& request;
    const v1::StartRequest& start;
    StatusChannel& status;
    int go;  // one byte arrives here when the launcher has done its part
};

// Does the work, tells the status channel what came of it, and ends.
[[noreturn]] void run_file_worker(const FileWorkerContext& context);

}  // namespace bulkhead::agent
