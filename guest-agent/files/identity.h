// What a container that goes on in another machine must not share with the one that was saved: its
// host's name, the files that name it, and boot_id. Thread: its only one.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::agent::v1 {
class NewIdentity;
}

namespace bulkhead::agent {

// The kernel makes a boot_id once for each boot, and keeps it. From the second one on the container
// has a file in its place: this gives that file's mount when it is made, and nothing when it was
// there and only has another content. In the agent's own mounts.
Result<UniqueFd> renew_boot_id();

// In the container's mounts and with its host name, with all privileges. `boot_id` may be empty.
Result<void> take_identity(const v1::NewIdentity& identity, const UniqueFd& boot_id);

}  // namespace bulkhead::agent
