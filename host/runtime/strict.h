// --security strict: what a container has less of than docker's default, inside its machine.
// docs/security-profiles.md has the table. Thread: any.
#pragma once

#include "base/result.h"
#include "host/runtime/container_options.h"
#include "host/runtime/seccomp_profile.h"

namespace bulkhead::oci::v1 {
class Linux;
}

namespace bulkhead::runtime {

// Refuses options that would take back what the profile gives.
Result<void> check_strict(const ContainerOptions& options);

// docker's default without tracing, rare interfaces and 32-bit calls; a capability opens nothing.
SeccompProfile strict_seccomp_profile();

// Settings of the guest's kernel. A kernel that lacks one cannot start such a container.
void add_strict_sysctls(oci::v1::Linux& linux_part);

}  // namespace bulkhead::runtime
