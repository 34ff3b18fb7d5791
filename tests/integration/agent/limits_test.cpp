#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

TEST_CASE("limits: resource limits are the program's") {
    AgentFixture agent;
    auto request = AgentFixture::shell("ulimit -n; ulimit -H -n; ulimit -c");
    for (const auto& [type, soft, hard] :
         {std::tuple("RLIMIT_NOFILE", 100, 200), std::tuple("RLIMIT_CORE", 0, 0)}) {
        auto* limit = request.mutable_spec()->mutable_process()->add_rlimits();
        limit->set_type(type);
        limit->set_soft(static_cast<std::uint64_t>(soft));
        limit->set_hard(static_cast<std::uint64_t>(hard));
    }
    CHECK(agent.run(request).output == "100\n200\n0\n");
}

TEST_CASE("limits: oom_score_adj is what the request says, 0 otherwise") {
    AgentFixture plain;
    CHECK(plain.run_script("cat /proc/self/oom_score_adj").output == "0\n");
    AgentFixture asked;
    auto request = AgentFixture::shell("cat /proc/self/oom_score_adj");
    request.mutable_spec()->mutable_process()->set_oom_score_adj(321);
    CHECK(asked.run(request).output == "321\n");
}

// Not silent: the run says which tests had no controllers to work with.
#define NEED_CONTROLLERS(agent)                                                       \
    if (!(agent).has_controllers()) {                                                 \
        WARN("this machine gives no cgroup v2 controllers: run it in tools/devhost"); \
        return;                                                                       \
    }

TEST_CASE("limits: a program that takes too much memory is ended, and it is told why") {
    AgentFixture agent;
    NEED_CONTROLLERS(agent);
    auto request =
        AgentFixture::shell("dd if=/dev/zero of=/dev/shm/fill bs=1M count=60; echo not reached");
    request.mutable_spec()->mutable_linux()->mutable_resources()->set_memory_limit_bytes(
        std::int64_t{24} << 20);
    const auto outcome = agent.run(request);
    CHECK(outcome.oom_killed);
}

TEST_CASE("limits: a program within its limit is not reported as out of memory") {
    AgentFixture agent;
    NEED_CONTROLLERS(agent);
    auto request = AgentFixture::shell("true");
    request.mutable_spec()->mutable_linux()->mutable_resources()->set_memory_limit_bytes(
        std::int64_t{64} << 20);
    CHECK_FALSE(agent.run(request).oom_killed);
}

TEST_CASE(
    "limits: the number of processes is bounded, and the cgroup is seen as the root of its own") {
    AgentFixture agent;
    NEED_CONTROLLERS(agent);
    auto request = AgentFixture::shell(
        "cat /proc/self/cgroup; cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max; "
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1000 & done; true");
    auto* linux = request.mutable_spec()->mutable_linux();
    linux->mutable_resources()->set_pids_limit(8);
    linux->mutable_resources()->set_cpu_quota_us(50'000);
    linux->add_namespaces()->set_type("cgroup");
    auto* mount = request.mutable_spec()->add_mounts();
    mount->set_destination("/sys/fs/cgroup");
    mount->set_type("cgroup");
    for (const char* option : {"ro", "nosuid", "noexec", "nodev"}) mount->add_options(option);
    const auto outcome = agent.run(request);
    CHECK(outcome.output == "0::/\n8\n50000 100000\n");
    CHECK(outcome.errors.find("can't fork") != std::string::npos);
}

TEST_CASE("limits: a value that the kernel refuses fails the start, and names the file") {
    AgentFixture agent;
    NEED_CONTROLLERS(agent);
    auto request = AgentFixture::shell("true");
    request.mutable_spec()->mutable_linux()->mutable_resources()->set_cpuset_cpus("banana");
    const auto outcome = agent.run(request);
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->message.find("cpuset.cpus") != std::string::npos);
}

}  // namespace
}  // namespace bulkhead::agent::test
