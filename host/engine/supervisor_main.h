// The supervisor as a program: from a container's id to its end. Thread: main, which becomes the
// loop thread.
#pragma once

#include <string>

#include "base/result.h"
#include "host/engine/host_files.h"
#include "host/state/paths.h"

namespace bulkhead::engine {

// Serves the first client at kFirstClientDescriptor, and those who connect to the container's
// socket. `lock`: the container's at kLockDescriptor is ours. Returns when the container has ended.
// An error has been told to the first client.
enum class Lock { Take, HandedOver };
Result<void> supervise(const state::Paths& paths, const HostFiles& files, const std::string& id,
                       Lock lock);

}  // namespace bulkhead::engine
