// Files that the host writes for the container (/etc/hosts, ...), kept on a tmpfs and bound over
// the container's paths. Thread: the process that becomes the container's first.
#pragma once

#include "base/result.h"

namespace bulkhead::agent::v1 {
class StartRequest;
}

namespace bulkhead::agent {

// Hides the agent's /run in this mount namespace from here on: nothing else may be needed from
// there.
Result<void> inject_files(const v1::StartRequest& request, int root);

}  // namespace bulkhead::agent
