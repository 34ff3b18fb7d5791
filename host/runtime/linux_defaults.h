// The parts of every container's spec that no flag changes: docker's mounts, devices, namespaces,
// masked and read-only paths, and resource limits. Thread: any.
#pragma once

namespace bulkhead::oci::v1 {
class Spec;
}

namespace bulkhead::runtime {

void add_default_mounts(oci::v1::Spec& spec);
void add_default_devices(oci::v1::Spec& spec);
void add_default_namespaces(oci::v1::Spec& spec);
void add_protected_paths(oci::v1::Spec& spec);
void add_default_rlimits(oci::v1::Spec& spec);

}  // namespace bulkhead::runtime
