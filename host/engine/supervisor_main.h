// The supervisor as a program: from a container's id to its end. Thread: main, which becomes the
// loop thread.
#pragma once

#include <string>

#include "base/result.h"
#include "host/engine/host_files.h"
#include "host/state/paths.h"

namespace bulkhead::engine {

// What the command that starts a supervisor has arranged for it.
struct Arranged {
    bool locked = false;  // the container's lock is ours, at kLockDescriptor
    std::string cgroup;   // the container's, which we are in; empty: none
};

// Serves the first client at kFirstClientDescriptor, and those who connect to the container's
// socket. Returns when the container has ended. An error has been told to the first client.
Result<void> supervise(const state::Paths& paths, const HostFiles& files, const std::string& id,
                       const Arranged& arranged);

}  // namespace bulkhead::engine
