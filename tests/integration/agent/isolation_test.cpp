#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

TEST_CASE("isolation: the container sees its own processes only, as number 1") {
    AgentFixture agent;
    CHECK(agent.run_script("echo $$; ls /proc | grep -c '^[0-9]'").output.substr(0, 2) == "1\n");
}

TEST_CASE("isolation: hostname, network and mounts are its own") {
    AgentFixture agent;
    auto request =
        AgentFixture::shell("hostname; ls /sys/class/net; cat /sys/class/net/lo/carrier");
    request.mutable_spec()->set_hostname("inner");
    CHECK(agent.run(request).output == "inner\nlo\n1\n");
    std::string outer(256, '\0');
    REQUIRE(::gethostname(outer.data(), outer.size()) == 0);
    CHECK(std::string(outer.c_str()) != "inner");
}

TEST_CASE("isolation: nothing of the agent's is open, blocked or ignored") {
    AgentFixture agent;
    const auto signals =
        agent.run(AgentFixture::command({"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}));
    CHECK(signals.output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    AgentFixture other;
    // 0, 1, 2 and the directory being listed.
    CHECK(other.run(AgentFixture::command({"ls", "/proc/self/fd"})).output == "0\n1\n2\n3\n");
}

TEST_CASE("isolation: nothing of the old root is left to see") {
    AgentFixture agent;
    const auto outcome = agent.run_script("cat /proc/self/mounts");
    CHECK(outcome.output.find("bulkhead-root") == std::string::npos);
    CHECK(outcome.output.find("/sys/fs/cgroup") == std::string::npos);
}

oci::v1::Capabilities capabilities(std::initializer_list<const char*> names) {
    oci::v1::Capabilities sets;
    for (const char* name : names) {
        sets.add_bounding(name);
        sets.add_effective(name);
        sets.add_permitted(name);
    }
    return sets;
}

constexpr const char* kShowCapabilities = "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status";

TEST_CASE("capabilities: without a section there are none") {
    AgentFixture agent;
    const std::string none = "0000000000000000\n";
    CHECK(agent.run_script(kShowCapabilities).output == "CapInh:\t" + none + "CapPrm:\t" + none +
                                                            "CapEff:\t" + none + "CapBnd:\t" +
                                                            none + "CapAmb:\t" + none);
}

TEST_CASE("capabilities: root has what the sets say, no more") {
    AgentFixture agent;
    auto request = AgentFixture::shell(kShowCapabilities);
    *request.mutable_spec()->mutable_process()->mutable_capabilities() =
        capabilities({"CAP_CHOWN", "CAP_KILL"});
    const std::string two = "0000000000000021\n";
    CHECK(agent.run(request).output == "CapInh:\t0000000000000000\nCapPrm:\t" + two + "CapEff:\t" +
                                           two + "CapBnd:\t" + two + "CapAmb:\t0000000000000000\n");
}

TEST_CASE("capabilities: a user keeps ambient ones, and loses the others at exec") {
    AgentFixture agent;
    auto request = AgentFixture::shell(kShowCapabilities);
    auto* process = request.mutable_spec()->mutable_process();
    process->mutable_user()->set_uid(1000);
    *process->mutable_capabilities() = capabilities({"CAP_CHOWN", "CAP_NET_BIND_SERVICE"});
    process->mutable_capabilities()->add_inheritable("CAP_NET_BIND_SERVICE");
    process->mutable_capabilities()->add_ambient("CAP_NET_BIND_SERVICE");
    const std::string bind = "0000000000000400\n";
    CHECK(agent.run(request).output == "CapInh:\t" + bind + "CapPrm:\t" + bind + "CapEff:\t" +
                                           bind + "CapBnd:\t0000000000000401\nCapAmb:\t" + bind);
}

TEST_CASE("no_new_privs: as asked") {
    AgentFixture without;
    CHECK(without.run_script("grep NoNewPrivs /proc/self/status").output == "NoNewPrivs:\t0\n");
    AgentFixture with;
    auto request = AgentFixture::shell("grep NoNewPrivs /proc/self/status");
    request.mutable_spec()->mutable_process()->set_no_new_privileges(true);
    CHECK(with.run(request).output == "NoNewPrivs:\t1\n");
}

// Denies making directories, which the shell notices.
void forbid_mkdir(v1::StartRequest& request) {
    auto* seccomp = request.mutable_spec()->mutable_linux()->mutable_seccomp();
    seccomp->set_default_action("SCMP_ACT_ALLOW");
    auto* rule = seccomp->add_syscalls();
    rule->set_names("mkdir mkdirat");
    rule->set_action("SCMP_ACT_ERRNO");
    rule->set_errno_ret(EMLINK);
}

TEST_CASE("seccomp: filters the program, with no_new_privs and without") {
    for (const bool no_new_privileges : {false, true}) {
        for (const std::uint32_t uid : {0U, 1000U}) {
            AgentFixture agent;
            auto request = AgentFixture::shell("mkdir /tmp/x; grep Seccomp: /proc/self/status");
            request.mutable_spec()->mutable_process()->set_no_new_privileges(no_new_privileges);
            request.mutable_spec()->mutable_process()->mutable_user()->set_uid(uid);
            forbid_mkdir(request);
            const auto outcome = agent.run(request);
            CHECK(outcome.output == "Seccomp:\t2\n");
            CHECK(outcome.errors.find("Too many links") != std::string::npos);
        }
    }
}

TEST_CASE("seccomp: holds for further processes too") {
    AgentFixture agent;
    auto request = AgentFixture::shell("echo ready; sleep 1000");
    forbid_mkdir(request);
    agent.start(request);
    agent.until_output(kOutput, "ready");
    const auto outcome = agent.run_exec(AgentFixture::exec_shell("one", "mkdir /tmp/x"));
    CHECK(outcome.errors.find("Too many links") != std::string::npos);
}

TEST_CASE("seccomp: a profile that cannot be compiled fails the start") {
    AgentFixture agent;
    auto request = AgentFixture::shell("true");
    request.mutable_spec()->mutable_linux()->mutable_seccomp()->set_default_action("SCMP_ACT_FLY");
    const auto outcome = agent.run(request);
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->message == "seccomp: unknown action \"SCMP_ACT_FLY\"");
}

TEST_CASE("user namespace: root inside is another user outside") {
    AgentFixture agent;
    auto request =
        AgentFixture::shell("id -u; cat /proc/self/uid_map; echo x >/dev/null && echo null works");
    auto* linux = request.mutable_spec()->mutable_linux();
    linux->add_namespaces()->set_type("user");
    for (auto* mapping : {linux->add_uid_mappings(), linux->add_gid_mappings()}) {
        mapping->set_container_id(0);
        mapping->set_host_id(0);
        mapping->set_size(65536);
    }
    const auto outcome = agent.run(request);
    if (outcome.failure) FAIL(outcome.failure->message);
    CHECK(outcome.output == "0\n         0          0      65536\nnull works\n");
}

TEST_CASE(
    "a container without a pid namespace works, and its processes are ended with it by shutdown") {
    AgentFixture agent;
    auto request = AgentFixture::shell("sleep 1000 & echo $!");
    request.mutable_spec()->mutable_linux()->mutable_namespaces()->DeleteSubrange(0, 1);
    request.mutable_spec()->mutable_mounts()->DeleteSubrange(0, 1);  // proc would be this machine's
    const auto outcome = agent.run(request);
    CHECK(outcome.status.code == 0);
    CHECK(std::stoi(outcome.output) > 1);
}

}  // namespace
}  // namespace bulkhead::agent::test
