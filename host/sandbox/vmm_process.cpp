#include "host/sandbox/vmm_process.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "base/syscalls.h"

namespace bulkhead::sandbox {

VmmProcess::VmmProcess(jail::Prisoner prisoner, UniqueFd error_output)
    : prisoner_(std::move(prisoner)), error_output_(std::move(error_output)) {}

Result<VmmProcess> VmmProcess::spawn(const std::string& program, const UniqueFd& control,
                                     const jail::Options& options) {
    auto errors = TRY(make_pipe());
    TRY(set_nonblocking(errors.first.get()));
    auto prisoner = TRY(jail::spawn(
        {.path = program, .error_output = errors.second.get(), .control = control.get()}, options));
    return VmmProcess(std::move(prisoner), std::move(errors.first));
}

VmmProcess::~VmmProcess() {
    if (!prisoner_.pidfd.valid()) return;
    kill();
    static_cast<void>(reap());
}

Result<void> VmmProcess::set_limits(const cgroup::Limits& limits) const {
    if (!prisoner_.cgroup) return Error("the machine has no cgroup");
    return prisoner_.cgroup->set(limits);
}

void VmmProcess::kill() const {
    if (!prisoner_.pidfd.valid()) return;
    static_cast<void>(::syscall(SYS_pidfd_send_signal, prisoner_.pidfd.get(), SIGKILL, nullptr, 0));
}

Result<ProcessEnd> VmmProcess::reap() {
    int status = 0;
    pid_t reaped = -1;
    do {
        reaped = ::waitpid(prisoner_.pid, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    prisoner_.pidfd.reset();
    const bool out_of_memory = prisoner_.cgroup && prisoner_.cgroup->memory_kills() != 0;
    // Before anybody hears of the end, and may start another machine under this name.
    prisoner_.cgroup.reset();
    if (reaped < 0) return errno_error("waitpid");
    if (WIFSIGNALED(status)) return ProcessEnd{0, WTERMSIG(status), out_of_memory};
    return ProcessEnd{WEXITSTATUS(status), 0, out_of_memory};
}

}  // namespace bulkhead::sandbox
