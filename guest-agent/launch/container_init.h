// The container's own init (--init): PID 1 of its pid namespace, which starts the program, reaps
// orphans, passes signals on, and ends as the program does. Made by fork() from the process that
// has become the container's first, so nothing of the image's is needed. Thread: the child's only
// one.
#pragma once

#include <sys/types.h>

#include "base/result.h"

namespace bulkhead::agent {

// What a shell and docker say of a process that ended with this wait status.
int exit_code_of(int wait_status);

// Blocks the signals that an init passes on, forks, and returns twice: 0 in the child, which has
// its signal mask as before and leads a process group that has the terminal, if there is one; the
// child's pid in the parent.
Result<pid_t> fork_program();

// Until the program has ended. The caller has given up its privileges and descriptors.
[[noreturn]] void run_init(pid_t program);

}  // namespace bulkhead::agent
