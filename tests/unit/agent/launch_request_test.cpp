#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "guest-agent/launch/request.h"
#include "guest-agent/launch/status_channel.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

struct Channels {
    PacketChannel agent;
    PacketChannel launcher;
};

Channels make_channels() {
    auto pair = PacketChannel::create_pair();
    REQUIRE(pair.ok());
    return {std::move(pair->first), std::move(pair->second)};
}

UniqueFd some_fd() {
    return make_eventfd().value();
}

TEST_CASE("launch requests: everything arrives, absent descriptors as absent") {
    auto channels = make_channels();
    LaunchRequest sent;
    sent.kind = LaunchRequest::Kind::Exec;
    sent.status = some_fd();
    sent.streams[1] = some_fd();
    sent.container = some_fd();
    sent.root = "/run/root";
    v1::StartRequest start;
    start.mutable_spec()->set_hostname("name");
    REQUIRE(send_launch(channels.agent, sent, start).ok());

    v1::StartRequest got;
    const auto received = receive_launch(channels.launcher, got);
    REQUIRE(received.ok());
    REQUIRE(received->has_value());
    const LaunchRequest& request = **received;
    CHECK(request.kind == LaunchRequest::Kind::Exec);
    CHECK(request.status.valid());
    CHECK_FALSE(request.streams[0].valid());
    CHECK(request.streams[1].valid());
    CHECK_FALSE(request.cgroup.valid());
    CHECK(request.container.valid());
    CHECK_FALSE(request.rest.valid());
    CHECK(request.root == "/run/root");
    CHECK(request.cgroup_path.empty());
    CHECK(got.spec().hostname() == "name");
}

TEST_CASE("launch requests: an environment of two megabytes fits") {
    auto channels = make_channels();
    LaunchRequest sent;
    sent.status = some_fd();
    v1::StartRequest start;
    for (int i = 0; i < 20; ++i) {
        start.mutable_spec()->mutable_process()->add_env("A=" + std::string(100'000, 'x'));
    }
    REQUIRE(send_launch(channels.agent, sent, start).ok());
    v1::StartRequest got;
    REQUIRE(receive_launch(channels.launcher, got).ok());
    CHECK(got.spec().process().env_size() == 20);
}

TEST_CASE("launch requests: the end of the channel is no request") {
    auto channels = make_channels();
    { const PacketChannel closed = std::move(channels.agent); }
    v1::StartRequest got;
    const auto received = receive_launch(channels.launcher, got);
    REQUIRE(received.ok());
    CHECK_FALSE(received->has_value());
}

TEST_CASE("launch requests: a packet without descriptors is refused") {
    auto channels = make_channels();
    const std::array<std::byte, 1> bytes = {std::byte{1}};
    REQUIRE(channels.agent.send(bytes).ok());
    v1::StartRequest got;
    CHECK_FALSE(receive_launch(channels.launcher, got).ok());
}

TEST_CASE("launch requests: what a prepared process waits on arrives, and over it what it starts") {
    auto channels = make_channels();
    auto waiting = make_channels();
    LaunchRequest sent;
    sent.status = some_fd();
    sent.rest = duplicate(waiting.launcher.fd()).value();
    REQUIRE(send_launch(channels.agent, sent, {}).ok());
    v1::StartRequest start;
    auto received = receive_launch(channels.launcher, start).value();
    REQUIRE(received.has_value());
    REQUIRE(received->rest.valid());
    CHECK_FALSE(received->container.valid());

    v1::StartRequest rest;
    rest.mutable_spec()->set_hostname("own");
    rest.mutable_spec()->mutable_process()->add_env("A=" + std::string(2'000'000, 'x'));
    rest.add_files()->set_content("content");
    PacketChannel child(std::move(received->rest));
    REQUIRE(send_rest(waiting.agent, rest).ok());
    start.set_container_id("of before");
    REQUIRE(receive_rest(child, start).ok());
    CHECK(start.SerializeAsString() == rest.SerializeAsString());
}

TEST_CASE("launch requests: a prepared process that is told nothing has an error, and no start") {
    auto channels = make_channels();
    v1::StartRequest start;
    SECTION("the agent is gone") {
        const PacketChannel closed = std::move(channels.agent);
    }
    SECTION("no descriptor") {
        const std::array<std::byte, 1> bytes{};
        REQUIRE(channels.agent.send(bytes).ok());
    }
    SECTION("two descriptors") {
        const std::array<std::byte, 1> bytes{};
        const UniqueFd one = some_fd();
        REQUIRE(channels.agent.send(bytes, std::array{one.get(), one.get()}).ok());
    }
    CHECK_FALSE(receive_rest(channels.launcher, start).ok());
    CHECK(start.ByteSizeLong() == 0);
}

TEST_CASE("launch requests: what is left for a prepared process that is gone is an error") {
    auto channels = make_channels();
    { const PacketChannel closed = std::move(channels.launcher); }
    CHECK_FALSE(send_rest(channels.agent, {}).ok());
}

TEST_CASE("status: pid, prepared, terminal, failure and end arrive in order") {
    auto [ours, theirs] = PacketChannel::create_pair().value();
    StatusChannel agent(duplicate(ours.fd()).value());
    const UniqueFd terminal = some_fd();
    {
        StatusChannel child(duplicate(theirs.fd()).value());
        { const PacketChannel closed = std::move(theirs); }
        REQUIRE(child.send_pid(42).ok());
        REQUIRE(child.send_prepared().ok());
        REQUIRE(child.send_terminal(terminal.get()).ok());
        REQUIRE(child.send_ready().ok());
        REQUIRE(child.send_failure({FailureClass::NotFound, "no such thing"}).ok());
    }
    using Kind = StatusMessage::Kind;
    const auto pid = agent.receive().value();
    CHECK(pid->kind == Kind::Pid);
    CHECK(pid->pid == 42);
    CHECK(agent.receive().value()->kind == Kind::Prepared);
    const auto tty = agent.receive().value();
    CHECK(tty->kind == Kind::Terminal);
    CHECK(tty->terminal.valid());
    CHECK(agent.receive().value()->kind == Kind::Ready);
    const auto failure = agent.receive().value();
    CHECK(failure->failure.kind == FailureClass::NotFound);
    CHECK(failure->failure.message == "no such thing");
    CHECK_FALSE(agent.receive().value().has_value());
}

TEST_CASE("status: a message of no known kind is an error") {
    auto [ours, theirs] = PacketChannel::create_pair().value();
    StatusChannel agent(duplicate(ours.fd()).value());
    const std::array<std::byte, 1> bytes = {std::byte{99}};
    REQUIRE(theirs.send(bytes).ok());
    CHECK_FALSE(agent.receive().ok());
}

}  // namespace
}  // namespace bulkhead::agent
