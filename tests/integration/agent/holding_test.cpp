// A container that stands still while its machine would be saved, and goes on: with its own host,
// or with another one. A real cgroup is needed.
#include <unistd.h>

#include <csignal>

#include <catch2/catch.hpp>

#include "proto/agent.pb.h"
#include "proto/ports.h"
#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

constexpr std::uint32_t kNewInput = 2001;
constexpr std::uint32_t kNewOutput = 2002;
constexpr std::uint32_t kNewErrors = 2003;

// "" when it was done.
std::string hold(AgentFixture& agent) {
    std::optional<Answer<Done>> answer;
    agent.supervisor->hold([&](Answer<Done> given) { answer = std::move(given); });
    agent.until([&] { return answer.has_value(); });
    const auto* refusal = std::get_if<Refusal>(&*answer);
    return refusal == nullptr ? "" : refusal->message;
}

std::string release(AgentFixture& agent, const v1::ReleaseRequest& request = {}) {
    std::optional<Answer<Done>> answer;
    agent.supervisor->release(request, [&](Answer<Done> given) { answer = std::move(given); });
    agent.until([&] { return answer.has_value(); });
    const auto* refusal = std::get_if<Refusal>(&*answer);
    return refusal == nullptr ? "" : refusal->message;
}

// The agent's own, which in a guest goes with the machine.
struct NoBootId {
    NoBootId() { ::unlink("/run/boot_id"); }

    NoBootId(const NoBootId&) = delete;
    NoBootId& operator=(const NoBootId&) = delete;

    ~NoBootId() { ::unlink("/run/boot_id"); }
};

v1::ReleaseRequest adoption() {
    v1::ReleaseRequest request;
    request.set_generation(protocol::kGeneration);
    auto& adoption = *request.mutable_adoption();
    adoption.set_realtime_ns(1);
    adoption.set_container_id("another");
    adoption.mutable_identity()->set_hostname("newhost");
    auto& file = *adoption.mutable_identity()->add_files();
    file.set_path("/etc/hostname");
    file.set_content("newhost\n");
    adoption.mutable_streams()->set_stdout_port(kNewOutput);
    adoption.mutable_streams()->set_stderr_port(kNewErrors);
    return request;
}

// Says its number when it gets a line.
v1::StartRequest counter() {
    auto request = AgentFixture::shell(
        "i=0; while read x; do i=$((i+1)); echo $i $(hostname) "
        "$(cat /etc/hostname) $(cat /proc/sys/kernel/random/boot_id); done");
    request.mutable_streams()->set_stdin_port(kInput);
    request.mutable_spec()->set_hostname("oldhost");
    auto& file = *request.add_files();
    file.set_path("/etc/hostname");
    file.set_content("oldhost\n");
    file.set_mode(0644);
    return request;
}

std::string last_word(const std::string& line) {
    return line.substr(line.rfind(' ') + 1);
}

TEST_CASE("holding: a container that is held does nothing, and goes on as it was") {
    AgentFixture agent;
    agent.start(counter());
    agent.send(kInput, "go\n");
    agent.until_output(kOutput, "1 oldhost oldhost");
    CHECK_FALSE(agent.supervisor->may_move());
    CHECK(hold(agent).empty());
    CHECK(agent.supervisor->may_move());
    CHECK(hold(agent) == "the container is being saved already");
    agent.send(kInput, "go\n");
    for (int i = 0; i < 50; ++i) {
        agent.until([] { return true; });
        ::usleep(1000);
    }
    CHECK(agent.received(kOutput).find("2 ") == std::string::npos);
    CHECK(release(agent).empty());
    agent.until_output(kOutput, "2 oldhost oldhost");
    CHECK(release(agent) == "the container was not held");
}

TEST_CASE("holding: another host gets the process with its streams, and gives it an identity") {
    const NoBootId none_before;
    AgentFixture agent;
    const bool read_only = GENERATE(false, true);
    auto request = counter();
    request.mutable_spec()->set_root_readonly(read_only);
    agent.start(request);
    agent.send(kInput, "go\n");
    agent.until_output(kOutput, "1 oldhost oldhost");
    const std::string old_boot_id = last_word(agent.received(kOutput));
    CHECK(hold(agent).empty());
    // The host is gone.
    agent.dialer.host_ends.clear();
    auto adopt = adoption();
    adopt.mutable_adoption()->mutable_streams()->set_stdin_port(kNewInput);
    REQUIRE(release(agent, adopt) == "");
    CHECK_FALSE(agent.supervisor->may_move());
    agent.send(kNewInput, "go\n");
    agent.until_output(kNewOutput, "\n");
    CHECK_THAT(agent.received(kNewOutput), Catch::StartsWith("2 newhost newhost "));
    const std::string boot_id = last_word(agent.received(kNewOutput));
    CHECK(boot_id.size() == old_boot_id.size());
    CHECK(boot_id != old_boot_id);
    // And once more, as a machine that was saved again.
    CHECK(hold(agent).empty());
    REQUIRE(release(agent, adopt) == "");
    agent.received(kNewOutput).clear();
    agent.send(kNewInput, "go\n");
    agent.until_output(kNewOutput, "\n");
    CHECK_THAT(agent.received(kNewOutput), Catch::StartsWith("3 newhost newhost "));
    CHECK(last_word(agent.received(kNewOutput)) != boot_id);
    agent.close_input(kNewInput);
    CHECK(agent.wait("init").status.code == 0);
}

TEST_CASE("holding: further processes lose their streams to another host, and their names") {
    const NoBootId none_before;
    AgentFixture agent;
    agent.start(AgentFixture::shell("sleep 1000"));
    CHECK_FALSE(agent
                    .exec(AgentFixture::exec_shell("exec-1",
                                                   "echo up; read x; sleep 0.1; "
                                                   "echo lost; echo got $? > /told"))
                    .failure);
    agent.until_output(kOutput + 100, "up");
    CHECK(hold(agent).empty());
    REQUIRE(release(agent, adoption()) == "");
    CHECK(agent.exec(AgentFixture::exec_shell("exec-1", "echo again")).failure == std::nullopt);
    CHECK(agent.wait("exec-1").status.code == 0);
}

TEST_CASE("holding: nothing is started meanwhile, and an end is one") {
    AgentFixture agent;
    CHECK(hold(agent) == "the container does not run");
    agent.start(AgentFixture::shell("echo before; sleep 1000"));
    agent.until_output(kOutput, "before");
    CHECK(hold(agent).empty());
    std::optional<Answer<LaunchResult>> answer;
    agent.supervisor->exec(AgentFixture::exec_shell("late", "true"),
                           [&](Answer<LaunchResult> given) { answer = std::move(given); });
    REQUIRE(answer);
    CHECK(std::get<Refusal>(*answer).message == "the container is being saved");
    CHECK(std::holds_alternative<Done>(agent.supervisor->signal("init", SIGKILL)));
    CHECK(agent.wait("init").status.signal == SIGKILL);
    CHECK(agent.received(kOutput) == "before\n");
}

TEST_CASE("holding: a host of another generation adopts nothing") {
    AgentFixture agent;
    agent.start(AgentFixture::shell("sleep 1000"));
    CHECK(hold(agent).empty());
    auto adopt = adoption();
    adopt.set_generation(protocol::kGeneration + 1);
    CHECK_THAT(release(agent, adopt), Catch::Contains("generation"));
    CHECK(agent.supervisor->may_move());
}

}  // namespace
}  // namespace bulkhead::agent::test
