#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

v1::StartRequest on_terminal(const std::string& script) {
    auto request = AgentFixture::shell(script);
    auto* process = request.mutable_spec()->mutable_process();
    process->set_terminal(true);
    process->mutable_console_size()->set_height(33);
    process->mutable_console_size()->set_width(101);
    request.mutable_streams()->set_stdin_port(kInput);
    request.mutable_streams()->set_stderr_port(0);
    return request;
}

TEST_CASE("terminal: the program has one of the container's own, with the size asked for") {
    AgentFixture agent;
    agent.start(on_terminal("tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo all"));
    CHECK(agent.wait("init").status.code == 0);
    CHECK(agent.received(kOutput) == "/dev/pts/0\r\n33 101\r\nall\r\n");
}

TEST_CASE("terminal: input is echoed and read, and Ctrl-C is a signal") {
    AgentFixture agent;
    agent.start(
        on_terminal("trap 'echo interrupted; exit 8' INT; echo ready; read line; echo got $line; "
                    "while true; do sleep 0.05; done"));
    agent.until_output(kOutput, "ready");
    agent.send(kInput, "words\n");
    agent.until_output(kOutput, "got words");
    agent.send(kInput, "\x03");
    CHECK(agent.wait("init").status.code == 8);
    CHECK(agent.received(kOutput).find("interrupted") != std::string::npos);
}

TEST_CASE("terminal: a resize is seen") {
    AgentFixture agent;
    agent.start(on_terminal("echo ready; read line; stty size"));
    agent.until_output(kOutput, "ready");
    oci::v1::ConsoleSize size;
    size.set_height(50);
    size.set_width(132);
    CHECK(std::holds_alternative<Done>(agent.supervisor->resize("init", size)));
    agent.send(kInput, "\n");
    agent.wait("init");
    CHECK(agent.received(kOutput).find("50 132") != std::string::npos);
}

TEST_CASE("terminal: resize without one, or of an unknown process, is refused") {
    AgentFixture agent;
    agent.start(AgentFixture::shell("echo ready; sleep 1000"));
    agent.until_output(kOutput, "ready");
    CHECK(std::get<Refusal>(agent.supervisor->resize("init", {})).kind ==
          Refusal::Kind::FailedPrecondition);
    CHECK(std::get<Refusal>(agent.supervisor->resize("nobody", {})).kind ==
          Refusal::Kind::NotFound);
}

TEST_CASE("terminal: /dev/console is the first process's terminal") {
    AgentFixture agent;
    agent.start(on_terminal("echo through the console >/dev/console"));
    agent.wait("init");
    CHECK(agent.received(kOutput) == "through the console\r\n");
}

TEST_CASE("terminal: all output is delivered before wait answers") {
    AgentFixture agent;
    agent.start(on_terminal("seq 1 3000"));
    agent.wait("init");
    CHECK(agent.received(kOutput).ends_with("2999\r\n3000\r\n"));
}

TEST_CASE("terminal: a further process gets its own; a background process does not hold it up") {
    AgentFixture agent;
    agent.start(AgentFixture::shell("echo ready; sleep 1000"));
    agent.until_output(kOutput, "ready");
    auto request = AgentFixture::exec_shell("one", "tty; sleep 1000 & echo end");
    request.mutable_process()->set_terminal(true);
    request.mutable_streams()->set_stderr_port(0);
    const auto outcome = agent.run_exec(request);
    CHECK(outcome.output == "/dev/pts/0\r\nend\r\n");
}

TEST_CASE("terminal: something else at /dev/ptmx is an error, not a hang") {
    AgentFixture agent;
    agent.start(AgentFixture::shell("rm -f /dev/ptmx; mknod /dev/ptmx p; echo ready; sleep 1000"));
    agent.until_output(kOutput, "ready");
    auto request = AgentFixture::exec_shell("one", "true");
    request.mutable_process()->set_terminal(true);
    request.mutable_streams()->set_stderr_port(0);
    const auto outcome = agent.run_exec(request);
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->message == "terminal: /dev/ptmx is not the pseudo-terminal multiplexer");
}

}  // namespace
}  // namespace bulkhead::agent::test
