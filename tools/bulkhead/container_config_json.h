// The two halves of a container's configuration in docker's JSON: `Config`, which is the same
// wherever it runs, and `HostConfig`. Thread: any.
#pragma once

#include "tools/bulkhead/container_json.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::cli {

Json config_json(const container::v1::Config& config);
Json host_config_json(const container::v1::Config& config);

}  // namespace bulkhead::cli
