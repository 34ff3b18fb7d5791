// Device nodes and links in a container's /dev: the ones that the OCI runtime spec asks of every
// container, and those of the spec. Thread: the process that becomes the container's first.
#pragma once

#include "base/result.h"
#include "guest-agent/mounts/container_mounts.h"

namespace bulkhead::agent {

// umask must be 0. Does nothing for a spec that binds a directory over /dev.
Result<void> make_devices(const oci::v1::Spec& spec, const ContainerRoot& root);

}  // namespace bulkhead::agent
