#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

v1::StartRequest with_init(const std::string& script) {
    auto request = AgentFixture::shell(script);
    request.set_init(true);
    return request;
}

TEST_CASE("init: the program is not PID 1, and its exit code is the container's") {
    AgentFixture agent;
    const auto outcome = agent.run(with_init("echo $$; cat /proc/1/comm; exit 7"));
    CHECK_FALSE(outcome.failure.has_value());
    CHECK(outcome.output == "2\ninit\n");
    CHECK(outcome.status.code == 7);
}

TEST_CASE("init: a program that a signal ends gives 128 and the signal") {
    AgentFixture agent;
    CHECK(agent.run(with_init("kill -9 $$; sleep 10")).status.code == 137);
}

TEST_CASE("init: orphans are reaped") {
    AgentFixture agent;
    // The inner shell ends before its child, which falls to PID 1.
    const auto outcome = agent.run(
        with_init("sh -c 'sleep 0.1 & echo $! > /orphan'; sleep 0.5; "
                  "[ -d /proc/$(cat /orphan) ] && cat /proc/$(cat /orphan)/status; echo gone"));
    CHECK(outcome.output == "gone\n");
}

TEST_CASE("init: signals are passed on") {
    AgentFixture agent;
    const auto started = agent.start(
        with_init("trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.1; done"));
    REQUIRE_FALSE(started.failure.has_value());
    agent.until_output(kOutput, "ready\n");
    CHECK(std::holds_alternative<Done>(agent.supervisor->signal("init", 15)));
    CHECK(agent.wait("init").status.code == 3);
    CHECK(agent.received(kOutput) == "ready\ngot it\n");
}

TEST_CASE("init: a program that cannot start is told as without it") {
    AgentFixture agent;
    auto missing = AgentFixture::command({"no-such-program"});
    missing.set_init(true);
    CHECK(agent.run(missing).failure->kind == FailureClass::NotFound);
    AgentFixture other;
    other.root.write("nonsense", "\x01\x02\x03", 0755);
    auto broken = AgentFixture::command({"/nonsense"});
    broken.set_init(true);
    CHECK(other.run(broken).failure->kind == FailureClass::NotExecutable);
}

TEST_CASE("init: the streams end with the program, and exec joins") {
    AgentFixture agent;
    REQUIRE_FALSE(agent.start(with_init("exec >&-; sleep 1000")).failure.has_value());
    const auto outcome = agent.run_exec(AgentFixture::exec_shell("more", "cat /proc/1/comm"));
    CHECK(outcome.output == "init\n");
    CHECK(std::holds_alternative<Done>(agent.supervisor->signal("init", 9)));
    CHECK(agent.wait("init").status.signal == 9);
}

TEST_CASE("init: it has no more privileges than its program, which a strict filter does not stop") {
    AgentFixture agent;
    auto request = with_init(
        "grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/1/status /proc/self/status | cut -d: -f2- | "
        "tr -s '\\t\\n' ' '");
    auto& spec = *request.mutable_spec();
    spec.mutable_process()->set_no_new_privileges(true);
    auto& seccomp = *spec.mutable_linux()->mutable_seccomp();
    seccomp.set_default_action("SCMP_ACT_ALLOW");
    auto& rule = *seccomp.add_syscalls();
    rule.set_names("rt_sigtimedwait");
    rule.set_action("SCMP_ACT_KILL_PROCESS");
    CHECK(agent.run(request).output ==
          "CapEff: 0000000000000000 NoNewPrivs: 1 Seccomp: 0 "
          "CapEff: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 ");
}

}  // namespace
}  // namespace bulkhead::agent::test
