// System calls that no supervisor makes, nor the monitor that it becomes the parent of on its way
// into its jail: a list of what to refuse, since what a supervisor uses (gRPC, the C++ library) is
// much and changes. They fail with EPERM. Thread: any.
#pragma once

#include "base/result.h"

namespace bulkhead::jail {

// For this process and all that it starts, for ever; sets no_new_privs.
Result<void> refuse_calls();

// Signals to other processes, which root could send to all of root's; a monitor is ended by its
// pidfd. After refuse_calls(), and where monitors have a pid namespace: there they are process 1
// and wake their threads by that number.
Result<void> refuse_signals();

}  // namespace bulkhead::jail
