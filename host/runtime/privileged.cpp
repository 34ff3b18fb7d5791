#include "host/runtime/privileged.h"

#include <algorithm>
#include <string_view>

#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

void make_writable(oci::v1::Mount& mount) {
    auto& options = *mount.mutable_options();
    options.erase(std::remove(options.begin(), options.end(), "ro"), options.end());
}

// The guest's one devtmpfs, with every device that the guest has, or will have.
void show_devices(oci::v1::Mount& mount) {
    mount.set_type("devtmpfs");
    mount.set_source("devtmpfs");
    auto& options = *mount.mutable_options();
    // Its size and mode are the guest's.
    options.erase(std::remove_if(options.begin(), options.end(),
                                 [](std::string_view option) {
                                     return option.find('=') != std::string_view::npos;
                                 }),
                  options.end());
}

}  // namespace

void uncover_paths(oci::v1::Spec& spec) {
    spec.mutable_linux()->clear_masked_paths();
    spec.mutable_linux()->clear_readonly_paths();
}

void make_cgroups_writable(oci::v1::Spec& spec) {
    for (auto& mount : *spec.mutable_mounts()) {
        if (mount.type() == "cgroup") make_writable(mount);
    }
}

void give_whole_guest(oci::v1::Spec& spec) {
    uncover_paths(spec);
    make_cgroups_writable(spec);
    for (auto& mount : *spec.mutable_mounts()) {
        if (mount.type() == "sysfs") make_writable(mount);
        if (mount.destination() == "/dev" && mount.type() == "tmpfs") show_devices(mount);
    }
}

}  // namespace bulkhead::runtime
