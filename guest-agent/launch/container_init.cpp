#include "guest-agent/launch/container_init.h"

#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace bulkhead::agent {

namespace {

constexpr int kSignalBase = 128;

// All but those by which the kernel tells a process of its own faults.
sigset_t passed_signals() {
    sigset_t signals;
    ::sigfillset(&signals);
    for (const int own : {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS})
        ::sigdelset(&signals, own);
    return signals;
}

// A shell in the program's place wants job control: it has to be in the foreground, and Ctrl-C must
// not reach it twice, once from the terminal and once from here.
void take_terminal() {
    ::setpgid(0, 0);
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTTOU);
    ::sigprocmask(SIG_BLOCK, &blocked, &before);
    ::tcsetpgrp(STDIN_FILENO, ::getpgrp());  // fails without a terminal, as it should
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

// Every child that has ended is reaped; with the program, this process ends.
void reap(pid_t program) {
    int status = 0;
    for (;;) {
        const pid_t ended = ::waitpid(-1, &status, WNOHANG);
        if (ended == 0 || (ended < 0 && errno != EINTR)) return;
        if (ended == program) std::_Exit(exit_code_of(status));
    }
}

}  // namespace

int exit_code_of(int wait_status) {
    return WIFSIGNALED(wait_status) ? kSignalBase + WTERMSIG(wait_status)
                                    : WEXITSTATUS(wait_status);
}

Result<pid_t> fork_program() {
    const sigset_t signals = passed_signals();
    sigset_t before;
    // Before the fork: no signal is lost between the program's start and the first wait, and the
    // program sees by which name it goes.
    ::sigprocmask(SIG_BLOCK, &signals, &before);
    ::prctl(PR_SET_NAME, "init");
    const pid_t child = ::fork();
    if (child < 0) return errno_error("init: fork");
    if (child > 0) return child;
    take_terminal();
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return 0;
}

void run_init(pid_t program) {
    // The streams' ends are the program's alone, and the status channel's end means that it runs.
    ::close_range(0, ~0U, 0);
    const sigset_t signals = passed_signals();
    for (;;) {
        reap(program);
        siginfo_t info{};
        const int signal = ::sigwaitinfo(&signals, &info);
        if (signal <= 0 || signal == SIGCHLD) continue;
        // From the terminal: whoever is in the foreground has it already.
        if (info.si_code == SI_KERNEL) continue;
        ::kill(program, signal);
    }
}

}  // namespace bulkhead::agent
