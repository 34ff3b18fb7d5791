#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

v1::StartRequest as_user(const std::string& user, const std::string& script) {
    auto request = AgentFixture::shell(script);
    request.mutable_spec()->mutable_process()->mutable_user()->set_username(user);
    return request;
}

TEST_CASE("identity: a name is looked up in the container's own files") {
    AgentFixture agent;
    const auto outcome = agent.run(as_user("app", "id -u; id -g; id -G; echo $HOME"));
    CHECK(outcome.output == "1000\n1000\n1000 29\n/home/app\n");
}

TEST_CASE("identity: numbers need no account") {
    AgentFixture agent;
    CHECK(agent.run(as_user("12345:678", "id -u; id -g; echo $HOME")).output == "12345\n678\n/\n");
}

TEST_CASE("identity: groups can be added") {
    AgentFixture agent;
    auto request = as_user("app", "id -G");
    request.mutable_spec()->mutable_process()->mutable_user()->add_additional_groups("wheel");
    CHECK(agent.run(request).output == "1000 10 29\n");
}

TEST_CASE("identity: an unknown user is class 125, in docker's words") {
    AgentFixture agent;
    const auto outcome = agent.run(as_user("nobody", "true"));
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->kind == FailureClass::Other);
    CHECK(outcome.failure->message ==
          "unable to find user nobody: no matching entries in passwd file");
}

TEST_CASE("identity: a fifo in place of /etc/passwd is an error, not a hang") {
    AgentFixture agent;
    const auto passwd = agent.root.path() / "etc/passwd";
    std::filesystem::remove(passwd);
    REQUIRE(::mkfifo(passwd.c_str(), 0644) == 0);
    const auto outcome = agent.run(as_user("app", "true"));
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->message == "/etc/passwd: not a regular file");
}

TEST_CASE("identity: HOME of the request stays") {
    AgentFixture agent;
    auto request = AgentFixture::shell("echo $HOME");
    request.mutable_spec()->mutable_process()->add_env("HOME=/elsewhere");
    CHECK(agent.run(request).output == "/elsewhere\n");
}

TEST_CASE("identity: a user can open its output again by name") {
    AgentFixture agent;
    const auto outcome =
        agent.run(as_user("app", "echo through >/dev/stdout; echo errors >/dev/stderr"));
    CHECK(outcome.output == "through\n");
    CHECK(outcome.errors == "errors\n");
}

TEST_CASE("working directory: made when missing, as root's") {
    AgentFixture agent;
    auto request = as_user("app", "pwd; stat -c '%u %a' .");
    request.mutable_spec()->mutable_process()->set_cwd("/srv/deep");
    CHECK(agent.run(request).output == "/srv/deep\n0 755\n");
}

TEST_CASE("working directory: a file there is an error") {
    AgentFixture agent;
    auto request = AgentFixture::shell("true");
    request.mutable_spec()->mutable_process()->set_cwd("/etc/passwd");
    const auto outcome = agent.run(request);
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->message.find("chdir to cwd (\"/etc/passwd\")") != std::string::npos);
}

TEST_CASE("umask: 022 unless the request says otherwise") {
    AgentFixture agent;
    CHECK(agent.run_script("umask").output == "0022\n");
    AgentFixture other;
    auto request = AgentFixture::shell("umask");
    request.mutable_spec()->mutable_process()->mutable_user()->set_umask(0077);
    CHECK(other.run(request).output == "0077\n");
}

}  // namespace
}  // namespace bulkhead::agent::test
