#include "guest-agent/container/pidfd.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace bulkhead::agent {

Result<UniqueFd> open_pidfd(pid_t pid) {
    // glibc 2.36 declares pidfd_open without extern "C".
    UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process.valid()) return errno_error("pidfd_open");
    return process;
}

}  // namespace bulkhead::agent
