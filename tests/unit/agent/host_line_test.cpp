#include "guest-agent/init/host_line.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

class FakeHost final : public StreamDialer {
  public:
    Result<std::vector<UniqueFd>> dial(std::span<const std::uint32_t> ports) override {
        REQUIRE(ports.size() == 1);
        CHECK(ports[0] == protocol::kAgentPort);
        if (!there) return Error("nobody answers");
        auto pair = TRY(make_socketpair(SOCK_STREAM));
        ends.push_back(std::move(pair.first));
        std::vector<UniqueFd> streams;
        streams.push_back(std::move(pair.second));
        return streams;
    }

    bool there = true;
    std::vector<UniqueFd> ends;
};

struct Fixture {
    void settle() {
        while (loop.poll() > 0) {
        }
    }

    EventLoop loop;
    FakeHost host;
    bool held = false;
    int lost = 0;
    std::vector<UniqueFd> served;
    HostLine line{{.loop = loop,
                   .dialer = host,
                   .serve = [this](UniqueFd stream) { served.push_back(std::move(stream)); },
                   .redials = [this] { return held; },
                   .on_lost = [this] { ++lost; }}};
};

TEST_CASE("host line: a host that is gone is told of once, and not dialled") {
    Fixture f;
    REQUIRE(f.line.call());
    CHECK(f.served.size() == 1);
    f.settle();
    CHECK(f.lost == 0);
    f.host.ends.front().reset();
    f.settle();
    CHECK(f.lost == 1);
    CHECK(f.served.size() == 1);
}

TEST_CASE("host line: while the machine may be another one, each break is followed by a dial") {
    Fixture f;
    REQUIRE(f.line.call());
    f.held = true;
    for (std::size_t calls = 2; calls < 4; ++calls) {
        f.host.ends.back().reset();
        f.settle();
        CHECK(f.served.size() == calls);
    }
    CHECK(f.lost == 0);
    // The one that is served is the new one.
    const std::byte byte{7};
    REQUIRE(write_full(f.host.ends.back().get(), {&byte, 1}));
    std::array<std::byte, 1> got{};
    CHECK(read_full(f.served.back().get(), got).value() == 1);
    f.held = false;
    f.host.ends.back().reset();
    f.settle();
    CHECK(f.lost == 1);
}

TEST_CASE("host line: a dial that fails is the end of it") {
    Fixture f;
    REQUIRE(f.line.call());
    f.held = true;
    f.host.there = false;
    f.host.ends.front().reset();
    f.settle();
    CHECK(f.lost == 1);
}

}  // namespace
}  // namespace bulkhead::agent
