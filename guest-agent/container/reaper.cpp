#include "guest-agent/container/reaper.h"

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace bulkhead::agent {

Result<UniqueFd> Reaper::make_signal_source() {
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    if (::pthread_sigmask(SIG_BLOCK, &children, nullptr) != 0)
        return errno_error("blocking SIGCHLD");
    UniqueFd source(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!source.valid()) return errno_error("signalfd");
    return source;
}

Reaper::Reaper(EventLoop& loop, UniqueFd signal_source, Before before, Ended ended)
    : source_(std::move(signal_source)), before_(std::move(before)), ended_(std::move(ended)) {
    watch_ = loop.watch(source_.get(), EventLoop::Interest::Read, [this] { reap(); });
}

void Reaper::reap() {
    signalfd_siginfo ignored{};
    // One signal may stand for many children.
    while (::read(source_.get(), &ignored, sizeof(ignored)) > 0) {
    }
    // Looked at first and reaped last: in between, what is known about it is brought up to date.
    // Once for each child, since others may have been started and have ended while this runs.
    for (;;) {
        siginfo_t child{};
        if (::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 || child.si_pid == 0)
            return;
        before_();
        int status = 0;
        const pid_t pid = ::waitpid(child.si_pid, &status, WNOHANG);
        if (pid <= 0) return;
        ended_(pid, WIFSIGNALED(status) ? ExitStatus{.code = 0, .signal = WTERMSIG(status)}
                                        : ExitStatus{.code = WEXITSTATUS(status), .signal = 0});
    }
}

}  // namespace bulkhead::agent
