// The capabilities that starting monitors takes, and no others. Thread: the only one of its
// process.
#pragma once

#include "base/result.h"

namespace bulkhead::jail {

// For a process that starts monitors in user namespaces: it writes their id maps, and the rest they
// have in those. Nothing comes back later. No error without privileges, where there is nothing to
// give up.
Result<void> keep_capabilities_for_monitors();

}  // namespace bulkhead::jail
