// The VMM needs no privilege: its rights are its descriptors. Thread: the only one there is.
#pragma once

#include "base/result.h"

namespace bulkhead::lockdown {

// No capabilities and no way to new ones, and nobody of the same user reads this process.
Result<void> drop_privileges();

}  // namespace bulkhead::lockdown
