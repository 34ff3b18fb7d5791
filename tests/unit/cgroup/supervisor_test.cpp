// The cgroup of a supervisor, which the kernel makes, and its end.
#include "host/cgroup/supervisor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/cgroup/fork.h"
#include "host/cgroup/group.h"

namespace bulkhead::cgroup {

namespace {

const Place kPlace{.parent = "/bulkhead-test/supervised", .name = "container"};

bool exists() {
    return std::filesystem::exists(kPlace.path());
}

// A process in the supervisor's cgroup that does `work`, and then waits to be killed unless that
// gives an exit code.
class Supervisor {
  public:
    explicit Supervisor(const std::function<int()>& work) {
        const auto directory = open_supervisor(kPlace);
        REQUIRE(directory);
        auto ready = make_pipe().value();
        pid_ = fork_into(directory->get());
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ready.first.reset();
            if (const int code = work(); code >= 0) ::_exit(code);
            ready.second.reset();
            while (true) ::pause();
        }
        ready.second.reset();
        std::byte nothing{};
        REQUIRE(read_full(ready.first.get(), std::span(&nothing, 1)));
    }

    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    ~Supervisor() { end(SIGKILL); }

    [[nodiscard]] std::string cgroup() const {
        return read_file(concat("/proc/", pid_, "/cgroup"), 4096).value();
    }

    // The signal that ended it, or 128 and its exit code.
    int end(int signal) {
        if (pid_ < 0) return -1;
        if (signal != 0) ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFSIGNALED(status) ? WTERMSIG(status) : 128 + WEXITSTATUS(status);
    }

  private:
    pid_t pid_ = -1;
};

int nothing() {
    return -1;
}

int see_to_the_end() {
    return remove_after_us(kPlace.path()) ? -1 : 1;
}

void await_removal() {
    while (exists()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace

TEST_CASE("a supervisor is beside its machine from its first moment, and bounded") {
    Supervisor supervisor(nothing);
    CHECK(supervisor.cgroup() == "0::/bulkhead-test/supervised/container/supervisor\n");
    const std::string path = kPlace.path() + kSupervisor;
    CHECK(read_file(path + "/cpu.weight", 64).value() == "1000\n");
    CHECK(read_file(path + "/pids.max", 64).value() == "1024\n");
    const auto machine = Group::make(kPlace, {});
    REQUIRE(machine);
    CHECK(read_file(kPlace.path() + kMachine + "/cpu.weight", 64).value() == "100\n");
    supervisor.end(SIGKILL);
    REQUIRE(remove_leftover(path));
}

TEST_CASE("its cgroup goes after it, however it ends") {
    Supervisor supervisor(see_to_the_end);
    CHECK(exists());
    CHECK(supervisor.end(SIGKILL) == SIGKILL);
    await_removal();
}

TEST_CASE("its cgroup stays while another one is in it, and goes after that") {
    Supervisor first(see_to_the_end);
    Supervisor second(see_to_the_end);
    first.end(SIGKILL);
    const std::string ending = "/sys/fs/cgroup/bulkhead-test/supervised/ending/cgroup.procs";
    // Until only the other one's child is there.
    while (std::ranges::count(read_file(ending, 4096).value(), '\n') > 1)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(second.cgroup() == "0::/bulkhead-test/supervised/container/supervisor\n");
    second.end(SIGKILL);
    await_removal();
}

TEST_CASE("nobody begins in a cgroup that was removed") {
    const auto directory = open_supervisor(kPlace);
    REQUIRE(directory);
    REQUIRE(remove_leftover(kPlace.path()));
    const pid_t pid = fork_into(directory->get());
    const int error = errno;
    if (pid == 0) ::_exit(0);
    CHECK(pid == -1);
    CHECK(error == ENODEV);
}

TEST_CASE("a supervisor that is about to end is let do so before its cgroup is removed") {
    Supervisor supervisor([] {
        std::thread([] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            ::_exit(7);
        }).detach();
        return -1;
    });
    REQUIRE(remove_leftover(kPlace.path()));
    CHECK(supervisor.end(0) == 128 + 7);
    CHECK_FALSE(exists());
}

TEST_CASE("one that does not end is ended") {
    Supervisor supervisor(nothing);
    REQUIRE(remove_leftover(kPlace.path()));
    CHECK(supervisor.end(0) == SIGKILL);
    CHECK_FALSE(exists());
}

}  // namespace bulkhead::cgroup
