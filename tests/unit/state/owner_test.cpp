// What other processes see of a container whose owner lives, crashes or is told to end.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "tests/unit/state/temporary_paths.h"

namespace bulkhead::state {

namespace {

// Runs `body` in a child process that ends without cleaning up, as one that is killed does.
pid_t in_child(const std::function<void()>& body) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        body();
        ::_exit(0);
    }
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
}

void crash_while_running(const TemporaryPaths& temporary, bool auto_remove) {
    wait_for(in_child([&] {
        StateStore store = temporary.open();
        auto container = store.create({"web", "busybox", {}, auto_remove});
        if (!container || !container->set_running(0)) ::_exit(1);
        ::kill(::getpid(), SIGKILL);
    }));
}

}  // namespace

TEST_CASE("a container whose owner was killed is dead, and can be removed") {
    const TemporaryPaths temporary;
    crash_while_running(temporary, false);
    StateStore store = temporary.open();
    REQUIRE(store.list().size() == 1);
    const Record record = store.list()[0];
    CHECK(record.status == Status::Dead);
    REQUIRE(store.remove(record, false));
    CHECK(temporary.leftovers() == 0);
}

TEST_CASE("a --rm container whose owner was killed is swept by whoever comes next") {
    const TemporaryPaths temporary;
    crash_while_running(temporary, true);
    CHECK(temporary.leftovers() > 0);
    const StateStore store = temporary.open();
    CHECK(store.list().empty());
    CHECK(temporary.leftovers() == 0);
}

TEST_CASE("a --rm container whose owner lives is not swept") {
    const TemporaryPaths temporary;
    StateStore store = temporary.open();
    const auto container = store.create({"web", "busybox", {}, true});
    REQUIRE(container);
    const int status = wait_for(in_child([&] {
        const StateStore other = temporary.open();
        ::_exit(other.list().size() == 1 && other.list()[0].status == Status::Created ? 0 : 1);
    }));
    CHECK(WEXITSTATUS(status) == 0);
}

namespace {

// A process that owns a container "web" and does `then` once it does.
pid_t owner_that(const TemporaryPaths& temporary, const std::function<void(Container&)>& then) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t owner = in_child([&] {
        StateStore store = temporary.open();
        auto container = store.create({"web", "busybox", {}, false});
        sigset_t set;
        ::sigemptyset(&set);
        ::sigaddset(&set, SIGQUIT);
        ::sigprocmask(SIG_BLOCK, &set, nullptr);
        const pid_t vmm = in_child([] { ::pause(); });
        if (!container || !container->set_running(vmm)) ::_exit(1);
        container->keep();
        if (::write(ready[1], "x", 1) != 1) ::_exit(1);
        then(*container);
    });
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
    return owner;
}

void remove_by_force(const TemporaryPaths& temporary) {
    StateStore store = temporary.open();
    const auto record = store.find("web");
    REQUIRE(record);
    REQUIRE(record->status == Status::Running);
    CHECK(store.remove(*record, true));
    CHECK(store.list().empty());
    CHECK(temporary.leftovers() == 0);
}

}  // namespace

TEST_CASE("forced removal tells the owner to end at once, and waits until it has") {
    const TemporaryPaths temporary;
    const pid_t owner = owner_that(temporary, [](Container& container) {
        sigset_t set;
        ::sigemptyset(&set);
        ::sigaddset(&set, SIGQUIT);
        int number = 0;
        if (::sigwait(&set, &number) != 0) ::_exit(1);
        // As the owner does: the end of the VM is the end of the container.
        ::kill(container.record().vmm_pid, SIGKILL);
        wait_for(container.record().vmm_pid);
        ::_exit(container.set_exited(137, false) ? 7 : 1);
    });
    remove_by_force(temporary);
    CHECK(WEXITSTATUS(wait_for(owner)) == 7);
}

TEST_CASE("an owner that does not obey is killed, and its VM with it") {
    const TemporaryPaths temporary;
    const pid_t owner = owner_that(temporary, [](Container& container) {
        const int status = wait_for(container.record().vmm_pid);
        // Its own death follows.
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ::pause();
    });
    remove_by_force(temporary);
    CHECK(WTERMSIG(wait_for(owner)) == SIGKILL);
}

TEST_CASE("many processes may claim one name at once, and one of them gets it") {
    constexpr int kProcesses = 16;
    const TemporaryPaths temporary;
    static_cast<void>(temporary.open());
    int start[2];
    int hold[2];
    REQUIRE(::pipe(start) == 0);
    REQUIRE(::pipe(hold) == 0);
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
        children.push_back(in_child([&] {
            ::close(start[1]);
            ::close(hold[1]);
            char byte = 0;
            [[maybe_unused]] const ssize_t go = ::read(start[0], &byte, 1);
            StateStore store = temporary.open();
            const auto container = store.create({"web", "busybox", {}, true});
            if (!container) ::_exit(0);
            // Holds what it has until everybody has tried.
            [[maybe_unused]] const ssize_t held = ::read(hold[0], &byte, 1);
            ::_exit(1);
        }));
    }
    ::close(start[0]);
    ::close(start[1]);  // all of them start
    int winners = 0;
    // The losers end first; the winner waits for the end of `hold`.
    for (int ended = 0; ended < kProcesses - 1; ++ended) {
        int status = 0;
        REQUIRE(::wait(&status) > 0);
        winners += WEXITSTATUS(status);
    }
    ::close(hold[1]);
    ::close(hold[0]);
    int status = 0;
    REQUIRE(::wait(&status) > 0);
    CHECK(winners + WEXITSTATUS(status) == 1);
}

}  // namespace bulkhead::state
