// Bounds on what the VMM's process may use. Thread: any.
#pragma once

#include "base/result.h"

namespace bulkhead::lockdown {

// Descriptors; no core dump, no locked memory, no message queues.
Result<void> set_limits();

}  // namespace bulkhead::lockdown
