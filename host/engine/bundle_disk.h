// The read-only disk of a container that was made from a runtime bundle: its root directory as it
// was at the container's first start. Thread: any one at a time.
#pragma once

#include <string>

#include "base/result.h"
#include "host/sandbox/launch.h"

namespace bulkhead::engine {

// Kept in `directory` for the next starts, or without a name in it, gone with its last descriptor.
enum class BundleDisk { Kept, Unnamed };

Result<sandbox::LaunchDisk> bundle_disk(const std::string& root, const std::string& directory,
                                        BundleDisk kind);

}  // namespace bulkhead::engine
