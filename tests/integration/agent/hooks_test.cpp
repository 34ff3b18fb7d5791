#include <catch2/catch.hpp>

#include "tests/integration/agent/agent_fixture.h"

namespace bulkhead::agent::test {
namespace {

oci::v1::Hook hook(const std::string& script, std::uint32_t timeout = 0) {
    oci::v1::Hook made;
    made.set_path("/bin/sh");
    for (const std::string& word : {std::string("sh"), std::string("-c"), script})
        made.add_args(word);
    made.add_env("PATH=/bin");
    made.set_timeout_seconds(timeout);
    return made;
}

TEST_CASE("hooks: they run in their order, around the program, and know the state") {
    AgentFixture agent;
    auto request = AgentFixture::shell(
        "until grep -q poststart /log; do sleep 0.1; done; echo program >> /log");
    request.set_container_id("abc");
    auto& spec = *request.mutable_spec();
    (*spec.mutable_annotations())["key"] = "a \"b\"";
    auto& hooks = *spec.mutable_hooks();
    *hooks.add_create_container() = hook("echo createContainer >> /log; cat >> /log; echo >> /log");
    *hooks.add_start_container() = hook("echo startContainer >> /log; cat > /start");
    *hooks.add_poststart() = hook("cat > /running; echo poststart >> /log");
    *hooks.add_poststop() = hook("echo poststop >> /log; cat > /stopped");
    const auto outcome = agent.run(request);
    CHECK_FALSE(outcome.failure.has_value());
    const std::string log = agent.root.read("log");
    CHECK(log ==
          "createContainer\n"
          "{\"ociVersion\":\"1.1.0\",\"id\":\"abc\",\"status\":\"creating\",\"pid\":1,"
          "\"bundle\":\"/\",\"annotations\":{\"key\":\"a \\\"b\\\"\"}}\n"
          "startContainer\npoststart\nprogram\npoststop\n");
    CHECK(agent.root.read("start").find("\"status\":\"created\"") != std::string::npos);
    CHECK(agent.root.read("running").find("\"status\":\"running\"") != std::string::npos);
    CHECK(agent.root.read("stopped").find("\"status\":\"stopped\",\"bundle\"") !=
          std::string::npos);
}

TEST_CASE("hooks: one that fails before the start ends it") {
    AgentFixture agent;
    auto request = AgentFixture::shell("echo never");
    *request.mutable_spec()->mutable_hooks()->add_create_container() = hook("exit 5");
    const auto outcome = agent.run(request);
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->message == "createContainer hook /bin/sh: exit code 5");
}

TEST_CASE("hooks: one that takes too long is ended") {
    AgentFixture agent;
    auto request = AgentFixture::shell("echo never");
    *request.mutable_spec()->mutable_hooks()->add_start_container() = hook("sleep 1000", 1);
    const auto outcome = agent.run(request);
    REQUIRE(outcome.failure.has_value());
    CHECK(outcome.failure->message == "startContainer hook /bin/sh: it took longer than 1 s");
}

TEST_CASE("hooks: one that fails or hangs after the start is passed over") {
    AgentFixture agent;
    auto request = AgentFixture::shell("echo runs");
    auto& hooks = *request.mutable_spec()->mutable_hooks();
    *hooks.add_poststart() = hook("exit 1");
    *hooks.add_poststop() = hook("sleep 1000", 1);
    oci::v1::Hook missing;
    missing.set_path("/no/such/hook");
    *hooks.add_poststop() = missing;
    *hooks.add_poststop() = hook("echo last > /last");
    const auto outcome = agent.run(request);
    CHECK(outcome.output == "runs\n");
    CHECK(outcome.status.code == 0);
    CHECK(agent.root.read("last") == "last\n");
}

}  // namespace
}  // namespace bulkhead::agent::test
