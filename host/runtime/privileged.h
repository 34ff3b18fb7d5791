// docker's --privileged, inside the container's own machine: nothing of the guest is kept from it.
// The machine stays the wall. Thread: any.
#pragma once

namespace bulkhead::oci::v1 {
class Spec;
}

namespace bulkhead::runtime {

// Nothing masked or read-only, /sys and its cgroups writable, all devices of the guest.
void give_whole_guest(oci::v1::Spec& spec);

// Nothing masked and nothing read-only below /proc and /sys: --security-opt systempaths=unconfined.
void uncover_paths(oci::v1::Spec& spec);

// The container's own cgroup can be written to.
void make_cgroups_writable(oci::v1::Spec& spec);

}  // namespace bulkhead::runtime
