#include "host/sandbox/vmm_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/syscalls.h"
#include "base/text.h"
#include "proto/ports.h"

namespace bulkhead::sandbox {

namespace {

constexpr int kDescriptors = 4;
static_assert(protocol::kVmmControlDescriptor == kDescriptors - 1);

// Everything that the child needs, made before the fork.
struct Plan {
    const char* program;
    // Sources for 0 to 3, all of them above 3, and the pipe for the error number of a failed exec.
    std::array<int, kDescriptors> descriptors;
    int failure_pipe;
    pid_t parent;
};

// Runs in the child: only async-signal-safe calls. Gives the error number of what failed.
int become_vmm(const Plan& plan) {
    for (int target = 0; target < kDescriptors; ++target) {
        if (::dup2(plan.descriptors[static_cast<std::size_t>(target)], target) < 0) return errno;
    }
    // All of ours are close-on-exec already; this is for what a library opened without.
    if (::syscall(SYS_close_range, kDescriptors, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return errno;
    if (::setsid() < 0) return errno;
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    if (::getppid() != plan.parent) return ESRCH;  // it died before the line above
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);  // an ignored signal stays ignored over exec
    std::array<char*, 2> arguments = {const_cast<char*>("bulkhead-vmm"), nullptr};
    std::array<char*, 1> environment = {nullptr};
    ::execve(plan.program, arguments.data(), environment.data());
    return errno;
}

[[noreturn]] void run_child(const Plan& plan) {
    const int failure = become_vmm(plan);
    [[maybe_unused]] const ssize_t ignored = ::write(plan.failure_pipe, &failure, sizeof(failure));
    ::_exit(127);
}

// Above the descriptors that the child assigns, so that none is overwritten before it is used.
Result<UniqueFd> duplicate_high(int fd) {
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, kDescriptors));
    if (!copy.valid()) return errno_error("duplicate descriptor");
    return copy;
}

// The error number of a failed exec, or 0: the pipe closes when the exec succeeds.
int exec_failure(const UniqueFd& pipe) {
    int failure = 0;
    const auto count = read_full(pipe.get(), std::as_writable_bytes(std::span(&failure, 1)));
    return count && *count == sizeof(failure) ? failure : 0;
}

}  // namespace

VmmProcess::VmmProcess(pid_t pid, UniqueFd pidfd, UniqueFd error_output)
    : pid_(pid), pidfd_(std::move(pidfd)), error_output_(std::move(error_output)) {}

Result<VmmProcess> VmmProcess::spawn(const std::string& program, const UniqueFd& control) {
    const UniqueFd null = TRY(open_file("/dev/null", O_RDWR));
    auto errors = TRY(make_pipe());
    auto failure = TRY(make_pipe());
    const UniqueFd null_source = TRY(duplicate_high(null.get()));
    const UniqueFd error_source = TRY(duplicate_high(errors.second.get()));
    const UniqueFd control_source = TRY(duplicate_high(control.get()));
    UniqueFd failure_source = TRY(duplicate_high(failure.second.get()));
    TRY(set_nonblocking(errors.first.get()));
    const Plan plan{
        program.c_str(),
        {null_source.get(), null_source.get(), error_source.get(), control_source.get()},
        failure_source.get(),
        ::getpid()};
    const pid_t pid = ::fork();
    if (pid < 0) return errno_error("fork");
    if (pid == 0) run_child(plan);
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd.valid()) {
        const Error error = errno_error("pidfd_open");
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return error;
    }
    VmmProcess process(pid, std::move(pidfd), std::move(errors.first));
    // Our copies would keep the pipe open.
    failure.second.reset();
    failure_source.reset();
    if (const int number = exec_failure(failure.first); number != 0)
        return errno_error(number, "start " + program);
    return process;
}

VmmProcess::~VmmProcess() {
    if (!pidfd_.valid()) return;
    kill();
    static_cast<void>(reap());
}

void VmmProcess::kill() const {
    if (!pidfd_.valid()) return;
    static_cast<void>(::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0));
}

Result<ProcessEnd> VmmProcess::reap() {
    int status = 0;
    pid_t reaped = -1;
    do {
        reaped = ::waitpid(pid_, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    pidfd_.reset();
    if (reaped < 0) return errno_error("waitpid");
    if (WIFSIGNALED(status)) return ProcessEnd{0, WTERMSIG(status)};
    return ProcessEnd{WEXITSTATUS(status), 0};
}

}  // namespace bulkhead::sandbox
