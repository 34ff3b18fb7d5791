#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

TEST_CASE("start: a script's output, errors and exit code come back") {
    AgentFixture agent;
    const auto outcome = agent.run_script("echo out; echo err >&2; exit 7");
    CHECK_FALSE(outcome.failure.has_value());
    CHECK(outcome.output == "out\n");
    CHECK(outcome.errors == "err\n");
    CHECK(outcome.status.code == 7);
    CHECK(outcome.status.signal == 0);
}

TEST_CASE("start: a program that a signal ends is reported with the signal") {
    AgentFixture agent;
    auto request = AgentFixture::shell("kill -9 $$; sleep 1");
    // The first process of a pid namespace ignores what it sends itself.
    auto* namespaces = request.mutable_spec()->mutable_linux()->mutable_namespaces();
    namespaces->DeleteSubrange(0, 1);
    const auto outcome = agent.run(request);
    CHECK(outcome.status.signal == 9);
}

TEST_CASE("start: arguments and environment are passed as they are") {
    AgentFixture agent;
    auto request =
        AgentFixture::command({"/bin/sh", "-c", "echo \"$0|$1|$A|$HOME\"", "zero", "one two"});
    request.mutable_spec()->mutable_process()->add_env("A=x=y z");
    CHECK(agent.run(request).output == "zero|one two|x=y z|/root\n");
}

TEST_CASE("start: programs are looked for on the container's PATH") {
    AgentFixture agent;
    agent.root.write("opt/tool", "#!/bin/sh\necho tool\n", 0755);
    auto request = AgentFixture::command({"tool"});
    request.mutable_spec()->mutable_process()->set_env(0, "PATH=/nowhere:/opt");
    CHECK(agent.run(request).output == "tool\n");
}

TEST_CASE("start: a missing program is class 127") {
    AgentFixture agent;
    const auto outcome = agent.run(AgentFixture::command({"no-such-program"}));
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->kind == FailureClass::NotFound);
    CHECK(outcome.failure->message ==
          "exec: \"no-such-program\": executable file not found in $PATH");
}

TEST_CASE("start: a file that is no program is class 126") {
    AgentFixture agent;
    agent.root.write("nonsense", "\x01\x02\x03", 0755);
    const auto outcome = agent.run(AgentFixture::command({"/nonsense"}));
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->kind == FailureClass::NotExecutable);
    CHECK(outcome.failure->message == "exec /nonsense: Exec format error");
}

TEST_CASE("start: a mount that fails is class 125, and names the mount") {
    AgentFixture agent;
    auto request = AgentFixture::shell("true");
    auto* mount = request.mutable_spec()->add_mounts();
    mount->set_destination("/data");
    mount->set_type("tmpfs");
    mount->add_options("size=banana");
    const auto outcome = agent.run(request);
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->kind == FailureClass::Other);
    CHECK(outcome.failure->message.find("mount /data") != std::string::npos);
    CHECK(outcome.failure->message.find("banana") != std::string::npos);
}

TEST_CASE("start: of another generation is refused, and can be tried again") {
    AgentFixture agent;
    auto request = AgentFixture::shell("true");
    request.set_generation(99);
    std::optional<Answer<LaunchResult>> answer;
    agent.supervisor->start(request, [&](auto given) { answer = given; });
    REQUIRE(answer.has_value());
    REQUIRE(std::holds_alternative<Refusal>(*answer));
    CHECK(std::get<Refusal>(*answer).kind == Refusal::Kind::FailedPrecondition);
    CHECK(std::get<Refusal>(*answer).message.find("99") != std::string::npos);
    CHECK(agent.run_script("true").status.code == 0);
}

TEST_CASE("start: happens once") {
    AgentFixture agent;
    agent.run_script("true");
    std::optional<Answer<LaunchResult>> answer;
    agent.supervisor->start(AgentFixture::shell("true"), [&](auto given) { answer = given; });
    REQUIRE(std::holds_alternative<Refusal>(*answer));
}

TEST_CASE("start: an invalid request is refused before anything is done") {
    AgentFixture agent;
    auto request = AgentFixture::shell("true");
    request.mutable_spec()->mutable_linux()->clear_namespaces();
    std::optional<Answer<LaunchResult>> answer;
    agent.supervisor->start(request, [&](auto given) { answer = given; });
    REQUIRE(std::holds_alternative<Refusal>(*answer));
    CHECK(std::get<Refusal>(*answer).kind == Refusal::Kind::InvalidArgument);
}

TEST_CASE("wait: an unknown process is not found, an ended one answers at once, several may wait") {
    AgentFixture agent;
    std::optional<Answer<WaitResult>> unknown;
    agent.supervisor->wait("nobody", [&](auto given) { unknown = given; });
    REQUIRE(unknown.has_value());
    CHECK(std::get<Refusal>(*unknown).kind == Refusal::Kind::NotFound);

    agent.start(AgentFixture::shell("exit 3"));
    int answers = 0;
    for (int i = 0; i < 3; ++i) {
        agent.supervisor->wait(
            "init", [&](auto given) { answers += std::get<WaitResult>(given).status.code; });
    }
    agent.until([&] { return answers == 9; });
    agent.supervisor->wait("init",
                           [&](auto given) { answers = std::get<WaitResult>(given).status.code; });
    CHECK(answers == 3);
}

TEST_CASE(
    "start: orphans of the container are its first process's, and nothing is left when it ends") {
    AgentFixture agent;
    // The shell becomes `sleep`, which reaps nothing; the kernel ends all with it.
    const auto outcome =
        agent.run_script("for i in 1 2 3; do (sleep 1000 &) ; done; ps | grep -c 'sleep 1000'");
    CHECK(outcome.output.substr(0, 1) >= "3");
    CHECK(outcome.status.code == 0);
}

TEST_CASE("shutdown: ends everything, unmounts, and answers") {
    AgentFixture agent;
    agent.start(AgentFixture::shell("trap '' TERM; while true; do sleep 1; done"));
    bool answered = false;
    agent.supervisor->shutdown(
        [&](auto answer) { answered = std::holds_alternative<Done>(answer); });
    agent.until([&] { return answered; });
    CHECK(agent.root.unmounted());
    CHECK(agent.wait("init").status.signal == 9);
}

}  // namespace
}  // namespace bulkhead::agent::test
