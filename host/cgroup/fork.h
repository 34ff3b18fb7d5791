// Processes that begin in a cgroup. Thread: any one at a time; the child has only the calling one.
#pragma once

#include <sys/types.h>

namespace bulkhead::cgroup {

// As fork(), and the child is in the cgroup with this directory from its first moment: cheaper than
// to move it there, which waits for all processors. Where clone3 is refused, as by many containers'
// filters, it moves itself; where it may not, it stays in its parent's. ENODEV: the cgroup has been
// removed, and there is no child. In the child only async-signal-safe calls were made.
pid_t fork_into(int cgroup);

}  // namespace bulkhead::cgroup
