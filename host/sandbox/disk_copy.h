// A copy of a disk's file: one that shares its blocks, where the file system can (reflink), or else
// one with the same holes. Thread: any.
#pragma once

#include <atomic>

#include "base/result.h"

namespace bulkhead::sandbox {

// `to` is empty. Ends with an error soon after `cancelled`, if there is one, becomes true.
Result<void> copy_disk(int from, int to, const std::atomic<bool>* cancelled = nullptr);

}  // namespace bulkhead::sandbox
