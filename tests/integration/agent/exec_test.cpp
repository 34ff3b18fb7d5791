#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

// A container that runs until it is told to end.
struct Running : AgentFixture {
    Running() {
        const auto launched =
            start(shell("trap 'exit 5' TERM; echo ready; while true; do sleep 0.05; done"));
        REQUIRE_FALSE(launched.failure.has_value());
        until_output(kOutput, "ready");
    }
};

TEST_CASE("exec: a further process shares the container's namespaces and root") {
    Running agent;
    const auto outcome = agent.run_exec(
        AgentFixture::exec_shell("one",
                                 "echo $$ >/tmp/mark; for n in pid mnt uts ipc net; do test "
                                 "$(readlink /proc/1/ns/$n) = $(readlink /proc/self/ns/$n) || echo "
                                 "$n differs; done; exit 4"));
    CHECK_FALSE(outcome.failure.has_value());
    CHECK(outcome.output.empty());
    CHECK(outcome.errors.empty());
    CHECK(outcome.status.code == 4);
    CHECK_FALSE(agent.root.read("tmp/mark").empty());
}

TEST_CASE("exec: a missing program is class 127, and the container goes on") {
    Running agent;
    auto request = AgentFixture::exec_shell("one", "true");
    request.mutable_process()->set_args(0, "/no/such");
    const auto outcome = agent.run_exec(request);
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->kind == FailureClass::NotFound);
    // Its id is free again.
    CHECK(agent.run_exec(AgentFixture::exec_shell("one", "echo again")).output == "again\n");
}

TEST_CASE("exec: an id that is taken is refused") {
    Running agent;
    agent.run_exec(AgentFixture::exec_shell("one", "true"));
    std::optional<Answer<LaunchResult>> answer;
    agent.supervisor->exec(AgentFixture::exec_shell("one", "true"),
                           [&](auto given) { answer = given; });
    REQUIRE(answer.has_value());
    CHECK(std::get<Refusal>(*answer).kind == Refusal::Kind::AlreadyExists);
}

TEST_CASE("exec: without a running container is refused") {
    AgentFixture agent;
    std::optional<Answer<LaunchResult>> before;
    agent.supervisor->exec(AgentFixture::exec_shell("one", "true"),
                           [&](auto given) { before = given; });
    CHECK(std::get<Refusal>(*before).kind == Refusal::Kind::FailedPrecondition);
    agent.run_script("true");
    std::optional<Answer<LaunchResult>> after;
    agent.supervisor->exec(AgentFixture::exec_shell("one", "true"),
                           [&](auto given) { after = given; });
    CHECK(std::get<Refusal>(*after).kind == Refusal::Kind::FailedPrecondition);
}

TEST_CASE("exec: its output ends with it, whoever keeps the pipe open") {
    Running agent;
    const auto outcome =
        agent.run_exec(AgentFixture::exec_shell("one", "echo first; sleep 1000 & exit 0"));
    CHECK(outcome.output == "first\n");
    CHECK(outcome.status.code == 0);
}

TEST_CASE("exec: ends with the container, killed") {
    Running agent;
    agent.exec(AgentFixture::exec_shell("one", "echo up; sleep 1000"));
    agent.until_output(kOutput + 100, "up");
    CHECK(std::holds_alternative<Done>(agent.supervisor->signal("init", SIGTERM)));
    CHECK(agent.wait("init").status.code == 5);
    CHECK(agent.wait("one").status.signal == SIGKILL);
}

TEST_CASE("exec: many at once are all started, answered and reaped") {
    Running agent;
    constexpr int kMany = 25;
    const std::size_t steps = agent.timeline.steps().size();
    int launched = 0;
    int ended = 0;
    for (int i = 0; i < kMany; ++i) {
        auto request =
            AgentFixture::exec_shell("many-" + std::to_string(i), "exit " + std::to_string(i));
        request.clear_streams();
        agent.supervisor->exec(request, [&, id = request.id(), i](Answer<LaunchResult> answer) {
            if (!std::holds_alternative<LaunchResult>(answer)) return;
            ++launched;
            agent.supervisor->wait(id, [&, i](Answer<WaitResult> waited) {
                if (std::get<WaitResult>(waited).status.code == i) ++ended;
            });
        });
    }
    agent.until([&] { return launched == kMany && ended == kMany; });
    CHECK(ended == kMany);
    // The timeline is the start's: it does not grow with every process.
    CHECK(agent.timeline.steps().size() == steps);
}

TEST_CASE("signal: reaches the process, and its trap runs") {
    Running agent;
    CHECK(std::holds_alternative<Done>(agent.supervisor->signal("init", SIGTERM)));
    CHECK(agent.wait("init").status.code == 5);
    const auto late = agent.supervisor->signal("init", SIGTERM);
    CHECK(std::get<Refusal>(late).kind == Refusal::Kind::FailedPrecondition);
}

TEST_CASE("signal: to an unknown process, or of an unknown number, is refused") {
    Running agent;
    CHECK(std::get<Refusal>(agent.supervisor->signal("nobody", SIGTERM)).kind ==
          Refusal::Kind::NotFound);
    CHECK(std::get<Refusal>(agent.supervisor->signal("init", 0)).kind ==
          Refusal::Kind::InvalidArgument);
    CHECK(std::get<Refusal>(agent.supervisor->signal("init", 65)).kind ==
          Refusal::Kind::InvalidArgument);
}

TEST_CASE("signal: all reaches every process of the container") {
    AgentFixture agent;
    // The first process outlives the signal: its end would be everyone's.
    agent.start(
        AgentFixture::shell("trap 'echo asked' TERM; echo ready; while true; do sleep 0.05; done"));
    agent.until_output(kOutput, "ready");
    agent.exec(AgentFixture::exec_shell(
        "one", "trap 'exit 9' TERM; echo up; while true; do sleep 0.05; done"));
    agent.until_output(kOutput + 100, "up");
    CHECK(std::holds_alternative<Done>(agent.supervisor->signal_all(SIGTERM)));
    CHECK(agent.wait("one").status.code == 9);
    agent.until_output(kOutput, "asked");
}

}  // namespace
}  // namespace bulkhead::agent::test
