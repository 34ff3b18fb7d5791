// An OCI resources section as cgroup v2 files and their values, in the order of writing.
// Conversions as in the OCI runtime spec and runc. Thread: any (pure).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Resources;
}

namespace bulkhead::agent {

struct CgroupSetting {
    std::string file;   // "memory.max"
    std::string value;  // "max", "100000 100000"
    // The controller may lack this file (memory.swap.max in a kernel without swap): not a failure
    // then.
    bool optional = false;
};

Result<std::vector<CgroupSetting>> cgroup_settings(const oci::v1::Resources& resources);

}  // namespace bulkhead::agent
