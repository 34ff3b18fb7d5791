// The steps that turn a child with new namespaces into a container, and those by which a further
// process joins one. Thread: the child's only one.
#pragma once

#include "base/result.h"
#include "guest-agent/launch/request.h"

namespace bulkhead::oci::v1 {
class Spec;
}

namespace bulkhead::agent {

// Hostname, network, mounts and devices; ends with the container's root as "/".
Result<void> build_container(const v1::StartRequest& start, const LaunchRequest& request);

// What must come after the terminal is there: working directory, hidden paths, read-only root.
Result<void> finish_container(const oci::v1::Spec& spec);

// Enters all namespaces of the spec but the pid namespace, which the launcher has chosen already.
Result<void> join_container(const oci::v1::Spec& spec, int container);

}  // namespace bulkhead::agent
