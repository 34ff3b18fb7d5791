#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

TEST_CASE("scheduling: policy, nice value and I/O priority are the program's") {
    AgentFixture agent;
    auto request = AgentFixture::shell("cut -d' ' -f19,41 /proc/self/stat; ionice -p $$");
    auto& process = *request.mutable_spec()->mutable_process();
    process.mutable_scheduler()->set_policy("SCHED_BATCH");
    process.mutable_scheduler()->set_nice(7);
    process.mutable_io_priority()->set_class_("IOPRIO_CLASS_BE");
    process.mutable_io_priority()->set_priority(6);
    CHECK(agent.run(request).output == "7 3\nbest-effort: prio 6\n");
}

TEST_CASE("scheduling: personality LINUX32 is that of a 32-bit machine") {
    AgentFixture agent;
    auto request = AgentFixture::shell("uname -m");
    request.mutable_spec()->mutable_linux()->set_personality_domain("LINUX32");
    CHECK(agent.run(request).output == "i686\n");
}

TEST_CASE("scheduling: a time namespace has its offsets, for exec too") {
    AgentFixture agent;
    auto request = AgentFixture::shell("cut -d. -f1 /proc/uptime; cat; exit 0");
    auto& linux = *request.mutable_spec()->mutable_linux();
    linux.add_namespaces()->set_type("time");
    (*linux.mutable_time_offsets())["boottime"].set_seconds(1'000'000'000);
    request.mutable_streams()->set_stdin_port(kInput);
    REQUIRE_FALSE(agent.start(request).failure.has_value());
    agent.until_output(kOutput, "\n");
    CHECK(std::stoull(agent.received(kOutput)) >= 1'000'000'000);
    const auto more = agent.run_exec(AgentFixture::exec_shell("more", "cut -d. -f1 /proc/uptime"));
    CHECK(std::stoull(more.output) >= 1'000'000'000);
    agent.close_input(kInput);
    CHECK(agent.wait("init").status.code == 0);
}

TEST_CASE("scheduling: what does not exist is refused") {
    for (const auto& spoil : std::vector<std::function<void(oci::v1::Spec&)>>{
             [](auto& spec) { spec.mutable_process()->mutable_scheduler()->set_policy("SCHED_X"); },
             [](auto& spec) {
                 spec.mutable_process()->mutable_io_priority()->set_class_("IOPRIO_CLASS_X");
             },
             [](auto& spec) { spec.mutable_linux()->set_personality_domain("BSD"); },
             [](auto& spec) {
                 (*spec.mutable_linux()->mutable_time_offsets())["monotonic"].set_seconds(1);
             }}) {
        AgentFixture agent;
        auto request = AgentFixture::shell("true");
        spoil(*request.mutable_spec());
        std::optional<Refusal> refusal;
        agent.supervisor->start(request, [&](Answer<LaunchResult> answer) {
            if (auto* refused = std::get_if<Refusal>(&answer)) refusal = *refused;
        });
        CHECK(refusal.has_value());
    }
}

}  // namespace
}  // namespace bulkhead::agent::test
