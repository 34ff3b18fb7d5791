// What the VMM takes away from its own process, in two steps: all that it can before it looks at
// anything that a guest or the host gives it, and then, thread by thread, what only the start
// needed. There is no way to leave any of it out. What its starter adds around it is host/jail's.
// docs/jail.md.
#pragma once

#include "base/result.h"
#include "vmm/lockdown/role.h"

namespace bulkhead::lockdown {

// With what the process exits when a check of ours fails (BULKHEAD_CHECK, or any other abort).
inline constexpr int kExitOfBug = 70;

// Keeps standard input, output and error and the control socket, and closes every other descriptor;
// no new privileges, no capabilities, no core dump of guest memory, no reading of this process by
// others of the same user, bounds on what it may use, no access to files and networks, and only the
// system calls of the start from now on. Thread: the only one there is.
Result<void> lock_down();

// From now on the calling thread makes only the system calls of `role`. Only while the start's
// filter is the latest of the thread.
Result<void> enter(Role role);

}  // namespace bulkhead::lockdown
