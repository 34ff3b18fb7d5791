// Cgroups that the kernel makes and holds processes to.
#include "host/cgroup/group.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/jail/spawn.h"

namespace bulkhead::cgroup {

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

const Place kPlace{.parent = "/bulkhead-test/deeper", .name = "group"};

std::string content(const std::string& file) {
    return read_file(kPlace.path() + "/" + file, 4096).value();
}

Limits some_limits() {
    Limits limits;
    limits.memory_bytes = 64 * kMiB;
    limits.cpu_quota_us = 50'000;
    limits.cpu_weight = 39;
    limits.threads = 7;
    return limits;
}

// A process that waits to be killed; -1 when it was not.
class Sleeper {
  public:
    Sleeper() : pid_(::fork()) {
        if (pid_ != 0) return;
        while (true) ::pause();
    }

    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    ~Sleeper() { end(SIGKILL); }

    [[nodiscard]] pid_t pid() const { return pid_; }

    int end(int signal) {
        if (pid_ < 0) return -1;
        if (signal != 0) ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
    }

  private:
    pid_t pid_;
};

std::string cgroup_of(pid_t pid) {
    return read_file(concat("/proc/", pid, "/cgroup"), 4096).value();
}

}  // namespace

TEST_CASE("a group has its limits from the start, other ones later, and goes") {
    std::string path;
    {
        const auto group = Group::make(kPlace, some_limits());
        REQUIRE(group);
        path = group->path();
        CHECK(content("machine/memory.max") == "67108864\n");
        CHECK(content("cpu.max") == "50000 100000\n");
        CHECK(content("cpu.weight") == "39\n");
        CHECK(content("machine/pids.max") == "7\n");
        Limits others;
        others.memory_bytes = 32 * kMiB;
        REQUIRE(group->set(others));
        CHECK(content("machine/memory.max") == "33554432\n");
        CHECK(content("cpu.max") == "max 100000\n");
        CHECK(content("machine/pids.max") == "max\n");
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a group that is beside others leaves their cgroup as it is") {
    const std::string other = kPlace.path() + kSupervisor;
    {
        const auto group = Group::make(kPlace, some_limits());
        REQUIRE(group);
        REQUIRE(std::filesystem::create_directory(other));
    }
    CHECK_FALSE(std::filesystem::exists(kPlace.path() + kMachine));
    CHECK(std::filesystem::exists(other));
    REQUIRE(remove_leftover(kPlace.path()));
    CHECK_FALSE(std::filesystem::exists(kPlace.path()));
    CHECK(remove_leftover(kPlace.path()));
}

TEST_CASE("what a killed owner left under the same name is ended, and its limits are gone") {
    auto left = Group::make(kPlace, some_limits());
    REQUIRE(left);
    Sleeper sleeper;
    REQUIRE(left->take(sleeper.pid()));
    CHECK(cgroup_of(sleeper.pid()) == "0::/bulkhead-test/deeper/group/machine\n");
    const auto group = Group::make(kPlace, {});
    REQUIRE(group);
    CHECK(sleeper.end(0) == SIGKILL);
    CHECK(content("machine/memory.max") == "max\n");
    CHECK(content("machine/cgroup.procs").empty());
}

TEST_CASE("a limit that the kernel refuses is named, and nothing is left") {
    Limits limits;
    limits.cpu_weight = 10'001;
    const auto group = Group::make(kPlace, limits);
    REQUIRE_FALSE(group);
    CHECK(group.error().message().find("writing \"10001\" to " + kPlace.path() + "/cpu.weight") !=
          std::string::npos);
    CHECK_FALSE(std::filesystem::exists(kPlace.path()));
}

TEST_CASE("a monitor is in its group from its first moment, and held to its memory") {
    const std::string script = "/tmp/bulkhead-waiting-monitor";
    REQUIRE(write_file_atomically(script, "#!/bin/sh\nread line <&3\n", 0755));
    const auto errors = make_pipe().value();
    const auto control = make_socketpair(SOCK_STREAM).value();
    jail::Options options{.user_slots = "", .required = false, .sees_files = true};
    options.cgroup = {kPlace, some_limits(), true};
    const jail::Program program{
        .path = script, .error_output = errors.second.get(), .control = control.second.get()};
    const auto prisoner = jail::spawn(program, options);
    REQUIRE(prisoner);
    CHECK(prisoner->report.has(jail::Layer::Cgroup));
    CHECK(prisoner->cgroup->path() == kPlace.path());
    CHECK(cgroup_of(prisoner->pid) == "0::/bulkhead-test/deeper/group/machine\n");
    CHECK(prisoner->cgroup->memory_kills() == 0);
    REQUIRE(write_full(control.first.get(), std::as_bytes(std::span("\n", 1))));
    int status = 0;
    ::waitpid(prisoner->pid, &status, 0);
    CHECK(status == 0);
    std::filesystem::remove(script);
}

TEST_CASE("more memory than its group has ends a process, and is counted") {
    const auto group = Group::make(kPlace, some_limits());
    REQUIRE(group);
    const pid_t hog = ::fork();
    if (hog == 0) {
        if (!group->take(::getpid())) ::_exit(1);
        std::vector<char> memory(256 * kMiB, 'x');
        ::_exit(memory.back() == 'x' ? 2 : 3);
    }
    int status = 0;
    ::waitpid(hog, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK(group->memory_kills() == 1);
}

}  // namespace bulkhead::cgroup
