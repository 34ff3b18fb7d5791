// What the VMM takes away from its own process before it looks at anything a guest or the host
// gives it. Thread: the only one there is.
#pragma once

#include "base/result.h"

namespace bulkhead {

// Keeps standard input, output and error and the control socket, and closes every other descriptor;
// no new privileges, no core dump of guest memory, no reading of this process by others of the same
// user, and bounds on what it may use.
Result<void> lock_down();

}  // namespace bulkhead
