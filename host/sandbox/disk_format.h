// Formats a disk with mke2fs, which Debian installs everywhere. Thread: any.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace bulkhead::sandbox {

// `disk` is a file of `size` zero bytes.
Result<void> format_ext4(int disk, std::uint64_t size);

}  // namespace bulkhead::sandbox
