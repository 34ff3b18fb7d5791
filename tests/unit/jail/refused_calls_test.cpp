// The supervisor's filters, on this kernel. What they leave possible is in
// tests/integration/jail/taken_over_supervisor_test.cpp.
#include "host/jail/refused_calls.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include <catch2/catch.hpp>

namespace bulkhead::jail {

namespace {

// Runs `attempt` in a process with the filters; gives its exit status, or -1 if a signal ended it.
int filtered(int (*attempt)()) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (!refuse_calls() || !refuse_signals()) ::_exit(100);
        ::_exit(attempt());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int error_of(long result) {
    return result < 0 ? errno : 0;
}

}  // namespace

TEST_CASE("sockets that lead somewhere are refused, pairs are not") {
    CHECK(filtered([] { return error_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }) == EPERM);
    CHECK(filtered([] { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); }) == EPERM);
    CHECK(filtered([] {
              int ends[2];
              return error_of(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
          }) == 0);
}

TEST_CASE("signals to others are refused, to oneself they are not") {
    CHECK(filtered([] { return error_of(::kill(::getppid(), 0)); }) == EPERM);
    CHECK(filtered([] { return error_of(::kill(-1, 0)); }) == EPERM);
    CHECK(filtered([] {
              return error_of(::syscall(SYS_tgkill, ::getppid(), ::getppid(), SIGTERM));
          }) == EPERM);
    CHECK(filtered([] { return error_of(::syscall(SYS_tkill, ::getppid(), 0)); }) == EPERM);
    CHECK(filtered([] { return error_of(::syscall(SYS_pidfd_open, ::getppid(), 0)); }) == EPERM);
    CHECK(filtered([] { return error_of(::syscall(SYS_pidfd_open, ::getpid(), 0)); }) == 0);
    CHECK(filtered([] {
              ::signal(SIGTERM, SIG_IGN);
              return error_of(::raise(SIGTERM));
          }) == 0);
}

// Which is how a monitor sees itself.
TEST_CASE("process 1 may be woken and may abort, no more") {
    // There is no such thread: the call got through.
    CHECK(filtered([] { return error_of(::syscall(SYS_tgkill, 1, INT_MAX, SIGUSR1)); }) == ESRCH);
    CHECK(filtered([] { return error_of(::syscall(SYS_tgkill, 1, INT_MAX, SIGABRT)); }) == ESRCH);
    CHECK(filtered([] { return error_of(::syscall(SYS_tgkill, 1, INT_MAX, SIGKILL)); }) == EPERM);
    CHECK(filtered([] { return error_of(::syscall(SYS_tgkill, 1, INT_MAX, SIGUSR2)); }) == EPERM);
}

TEST_CASE("one's own limits can be changed, not those of others") {
    CHECK(filtered([] {
              rlimit bounds{};
              return error_of(::getrlimit(RLIMIT_CORE, &bounds));
          }) == 0);
    CHECK(filtered([] {
              rlimit bounds{};
              return error_of(::prlimit(::getppid(), RLIMIT_CORE, nullptr, &bounds));
          }) == EPERM);
}

TEST_CASE("what the filters do not name works") {
    CHECK(filtered([] { return error_of(::syscall(SYS_getpid) > 0 ? 0 : -1); }) == 0);
    CHECK(filtered([] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1; }) == 0);
}

TEST_CASE("calls of another convention are refused") {
    constexpr long kX32 = 0x40000000;
    CHECK(filtered([] { return error_of(::syscall(kX32 + SYS_getpid)); }) == EPERM);
}

}  // namespace bulkhead::jail
