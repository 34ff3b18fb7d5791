#include "host/sandbox/stdio_relay.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "proto/ports.h"

namespace bulkhead::sandbox {

namespace {

using Pair = std::pair<UniqueFd, UniqueFd>;

// The host's descriptors are pipes; the guest's streams are made as the test goes.
class RelayFixture {
  public:
    explicit RelayFixture(bool with_input = true, bool with_error = true) {
        StdioPlan plan;
        if (with_input) plan.input = input.first.get();
        plan.output = output.second.get();
        if (with_error) plan.error = error.second.get();
        relay = std::make_unique<StdioRelay>(loop, plan, [this] { ++drained; });
    }

    // The guest's end of a stream that the relay took, or nothing.
    UniqueFd dial(std::uint32_t port) {
        Pair stream = make_socketpair(SOCK_STREAM).value();
        if (!relay->accept(port, std::move(stream.first))) return UniqueFd();
        return std::move(stream.second);
    }

    void turn() {
        for (int i = 0; i < 20; ++i) loop.poll();
    }

    Pair input = make_pipe().value();
    Pair output = make_pipe().value();
    Pair error = make_pipe().value();
    EventLoop loop;
    int drained = 0;
    std::unique_ptr<StdioRelay> relay;
};

void send(const UniqueFd& fd, std::string_view text) {
    REQUIRE(write_full(fd.get(), std::as_bytes(std::span(text))));
}

std::string receive(const UniqueFd& fd) {
    std::array<char, 256> buffer{};
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    return std::string(buffer.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
}

}  // namespace

TEST_CASE("ports are numbered from the first, and only for what is there") {
    const RelayFixture all;
    CHECK(all.relay->ports().input == protocol::kFirstStreamPort);
    CHECK(all.relay->ports().output == protocol::kFirstStreamPort + 1);
    CHECK(all.relay->ports().error == protocol::kFirstStreamPort + 2);
    const RelayFixture one(false, false);
    CHECK(one.relay->ports().input == 0);
    CHECK(one.relay->ports().output == protocol::kFirstStreamPort);
    CHECK(one.relay->ports().error == 0);
}

TEST_CASE("each stream leads to its own descriptor") {
    RelayFixture fixture;
    const StreamPorts ports = fixture.relay->ports();
    const UniqueFd in = fixture.dial(ports.input);
    const UniqueFd out = fixture.dial(ports.output);
    const UniqueFd error = fixture.dial(ports.error);
    send(fixture.input.second, "to the guest");
    send(out, "output");
    send(error, "error");
    fixture.turn();
    CHECK(receive(in) == "to the guest");
    CHECK(receive(fixture.output.first) == "output");
    CHECK(receive(fixture.error.first) == "error");
    CHECK(fixture.relay->output_count() == 11);
}

TEST_CASE("a port that was not announced, or is taken, is refused") {
    RelayFixture fixture(false);
    const StreamPorts ports = fixture.relay->ports();
    CHECK_FALSE(fixture.dial(0).valid());
    CHECK_FALSE(fixture.dial(ports.error + 1).valid());
    const UniqueFd out = fixture.dial(ports.output);
    CHECK(out.valid());
    CHECK_FALSE(fixture.dial(ports.output).valid());
}

TEST_CASE("a port that has ended cannot be dialled again") {
    RelayFixture fixture;
    const std::uint32_t port = fixture.relay->ports().output;
    fixture.dial(port).reset();
    fixture.turn();
    CHECK_FALSE(fixture.dial(port).valid());
}

TEST_CASE("a relay is drained once, when every output has ended") {
    RelayFixture fixture;
    UniqueFd out = fixture.dial(fixture.relay->ports().output);
    UniqueFd error = fixture.dial(fixture.relay->ports().error);
    send(out, "last words");
    out.reset();
    fixture.turn();
    CHECK(fixture.drained == 0);
    CHECK(fixture.relay->waits_for_guest());
    error.reset();
    fixture.turn();
    CHECK(fixture.drained == 1);
    CHECK(fixture.relay->drained());
    CHECK(receive(fixture.output.first) == "last words");
}

TEST_CASE("when the guest is gone, streams that it never opened count as ended") {
    RelayFixture fixture;
    fixture.relay->no_more_streams();
    CHECK(fixture.drained == 1);
    RelayFixture half;
    UniqueFd out = half.dial(half.relay->ports().output);
    half.relay->no_more_streams();
    CHECK(half.drained == 0);
    out.reset();
    half.turn();
    CHECK(half.drained == 1);
}

}  // namespace bulkhead::sandbox
