#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

v1::StartRequest with_input(const std::string& script) {
    auto request = AgentFixture::shell(script);
    request.mutable_streams()->set_stdin_port(kInput);
    return request;
}

TEST_CASE("streams: without a port, input is empty and output goes nowhere") {
    AgentFixture agent;
    auto request = AgentFixture::shell("cat; echo lost; readlink /proc/self/fd/0 >&2");
    request.mutable_streams()->set_stdout_port(0);
    const auto outcome = agent.run(request);
    CHECK(outcome.output.empty());
    CHECK(outcome.errors == "/dev/null\n");
}

TEST_CASE("streams: input reaches the program, and its end too") {
    AgentFixture agent;
    CHECK(agent.run(with_input("cat; echo end"), "one\ntwo\n").output == "one\ntwo\nend\n");
}

TEST_CASE("streams: four megabytes go through cat and come back the same") {
    AgentFixture agent;
    std::string data(std::size_t{4} * 1024 * 1024, '\0');
    for (std::size_t i = 0; i < data.size(); ++i)
        data[i] = static_cast<char>((i * 31 + i / 997) % 256);
    agent.start(with_input("cat"));
    agent.send(kInput, data);
    agent.close_input(kInput);
    CHECK(agent.wait("init").status.code == 0);
    CHECK(agent.received(kOutput) == data);
}

TEST_CASE("streams: all output is delivered before wait answers") {
    AgentFixture agent;
    const auto outcome = agent.run_script("seq 1 100000; echo done >&2");
    CHECK(outcome.output.size() == 588'895);
    CHECK(outcome.output.ends_with("99999\n100000\n"));
    CHECK(outcome.errors == "done\n");
}

TEST_CASE("streams: a program that closes its input goes on") {
    AgentFixture agent;
    agent.start(with_input("exec 0<&-; echo closed; sleep 0.2; echo still here"));
    agent.until_output(kOutput, "closed");
    agent.send(kInput, std::string(1'000'000, 'x'));
    CHECK(agent.wait("init").status.code == 0);
    agent.until_output(kOutput, "still here");
    CHECK(agent.received(kOutput) == "closed\nstill here\n");
}

TEST_CASE("streams: a host that drops the output ends the writer with SIGPIPE, nothing else") {
    AgentFixture agent;
    agent.start(AgentFixture::shell(
        "yes | head -c 100000000; echo \"yes ended: ${PIPESTATUS}$?\" >&2; exit 6"));
    agent.until([&] { return !agent.received(kOutput).empty(); });
    agent.dialer.host_ends[kOutput].reset();
    CHECK(agent.wait("init").status.code == 6);
}

TEST_CASE("streams: an unread output holds the program back, and does not grow the agent") {
    AgentFixture agent;
    agent.start(AgentFixture::shell("head -c 50000000 /dev/zero; echo finished >&2"));
    // Take the host's end away from the fixture, so that nobody reads.
    const UniqueFd unread = std::move(agent.dialer.host_ends[kOutput]);
    for (int i = 0; i < 200; ++i) agent.loop.poll();
    CHECK(agent.received(kErrors).empty());
}

}  // namespace
}  // namespace bulkhead::agent::test
