// A container's configuration on disk: proto/container.proto in its directory. Thread: any.
#pragma once

#include <string>

#include "base/result.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

// Whole or not at all.
Result<void> save_config(const std::string& directory, const container::v1::Config& config);

// An error when the file is missing, damaged, or of another version.
Result<container::v1::Config> load_config(const std::string& directory);

}  // namespace bulkhead::engine
