#include "guest-agent/container/reaper.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

namespace bulkhead::agent {
namespace {

// A child that has ended with this code and waits to be reaped.
pid_t make_ended_child(int code) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(code);
    siginfo_t ignored{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED | WNOWAIT) == 0);
    return pid;
}

// As the agent learns of its processes: each is told to it before it can end, and it listens when
// it is asked to catch up.
TEST_CASE("reaper: a child that starts and ends while another is reaped is not lost") {
    EventLoop loop;
    auto source = Reaper::make_signal_source();
    REQUIRE(source.ok());
    std::vector<pid_t> told;
    std::set<pid_t> known;
    std::vector<int> codes;
    int unknown = 0;
    int rounds = 0;
    const auto catch_up = [&] {
        known.insert(told.begin(), told.end());
        told.clear();
        if (++rounds <= 3) told.push_back(make_ended_child(rounds));
    };
    const Reaper reaper(loop, *std::move(source), catch_up, [&](pid_t pid, ExitStatus status) {
        codes.push_back(status.code);
        if (known.erase(pid) == 0) ++unknown;
    });
    told.push_back(make_ended_child(0));
    for (int i = 0; i < 20; ++i) loop.poll();
    CHECK(codes.size() == 4);
    CHECK(unknown == 0);
}

}  // namespace
}  // namespace bulkhead::agent
