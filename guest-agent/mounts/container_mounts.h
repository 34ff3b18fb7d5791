// The mounts of an OCI spec, made inside a container's root before it becomes the root. Runs in the
// container's mount namespace, where the agent's own file systems (/proc, /sys, /dev) are still
// seen. Thread: the process that becomes the container's first.
#pragma once

#include <string>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Mount;
class Spec;
}  // namespace bulkhead::oci::v1

namespace bulkhead::agent {

struct ContainerRoot {
    int directory = -1;                // the root, a mount of its own
    bool in_user_namespace = false;    // device nodes and sysfs come from the agent's then
    bool in_cgroup_namespace = false;  // a fresh cgroup mount shows only the container's part then
    std::string cgroup;                // the container's cgroup directory; may be empty
};

Result<void> mount_one(const oci::v1::Mount& mount, const ContainerRoot& root);
// All of them, in the spec's order.
Result<void> mount_all(const oci::v1::Spec& spec, const ContainerRoot& root);

}  // namespace bulkhead::agent
