// A container that is prepared and its machine saved before it starts, by an agent and a monitor
// that do as told.
#include <csignal>
#include <vector>

#include "tests/unit/sandbox/sandbox_run.h"

namespace bulkhead::sandbox {

namespace {

using test::Run;
using test::when_printed;

struct Prepared {
    std::vector<std::string> saves;  // "", or why not
    std::vector<std::vector<PageRun>> written;
    std::string console;  // once it was started as one that is prepared
    SandboxEnd end;
};

constexpr int kTerminated = kExitSignalBase + SIGTERM;

Prepared prepare(const std::string& behaviour, GuestPatience patience = {}) {
    Prepared prepared;
    Run run(behaviour);
    EventLoop::Handle poll;
    run.with_patience(patience)
        .preparing(
            [&](const Result<void>& saved) {
                prepared.saves.push_back(saved ? "" : saved.error().message());
            },
            [&](const std::vector<PageRun>& runs) { prepared.written.push_back(runs); })
        .when_running([&](Sandbox& sandbox) {
            CHECK_FALSE(sandbox.saving());
            CHECK_FALSE(sandbox.paused());
            when_printed(run, poll, sandbox, "started prepared", [&] {
                prepared.console = sandbox.console();
                sandbox.signal(SIGTERM);
            });
        });
    prepared.end = run.run();
    return prepared;
}

using Saves = std::vector<std::string>;
using Written = std::vector<std::vector<PageRun>>;

}  // namespace

TEST_CASE("a container is prepared, its machine saved, and then it is started") {
    const auto done = prepare("prepare-ok");
    CHECK(done.saves == Saves{""});
    CHECK(done.console == "prepared what others share\nstarted prepared\n");
    CHECK(done.end.ran);
    CHECK(done.end.exit_code == kTerminated);
    CHECK(done.written == Written{{{7, 2}}});
}

TEST_CASE("a monitor that counts what no guest can have written, or nothing, ends nobody's start") {
    const auto wrongly = prepare("prepare-counts-wrongly");
    CHECK(wrongly.written == Written{{}});
    CHECK(wrongly.end.exit_code == kTerminated);
    const auto never = prepare("prepare-counts-never",
                               {.stream = test::kLong, .answer = std::chrono::milliseconds(100)});
    CHECK(never.written == Written{{}});
    CHECK(never.end.exit_code == kTerminated);
}

TEST_CASE("a machine that cannot be saved starts its container all the same") {
    const auto done = prepare("prepare-error");
    CHECK(done.saves == Saves{"saving the machine: no space"});
    CHECK(done.written.empty());
    CHECK(done.end.exit_code == kTerminated);
}

TEST_CASE("a machine that stands still too late goes on, and starts its container") {
    const auto done =
        prepare("prepare-late", {.stream = test::kLong, .answer = std::chrono::milliseconds(1)});
    CHECK(done.saves == Saves{"the monitor did not say that it stands still"});
    CHECK(done.end.exit_code == kTerminated);
}

TEST_CASE("a container that cannot be prepared has not started, and nothing is saved") {
    const auto done = prepare("prepare-fails");
    CHECK(done.saves.empty());
    CHECK_FALSE(done.end.ran);
    CHECK(done.end.exit_code == 125);
    CHECK_THAT(done.end.message, Catch::Contains("mounting /extra"));
}

TEST_CASE("a machine that ends while it is saved has not started its container") {
    const auto done = prepare("prepare-dies");
    CHECK(done.saves == Saves{"the container has ended"});
    CHECK_FALSE(done.end.ran);
    CHECK(done.end.exit_code == 125);
}

}  // namespace bulkhead::sandbox
