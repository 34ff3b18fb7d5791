// Many streams, and guests that try to make the host's memory grow.
#include <sys/resource.h>
#include <sys/socket.h>

#include <map>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "base/text.h"
#include "tests/support/vsock_guest.h"

namespace bulkhead::vsock {

namespace {

using test::bytes_of;
using test::read_available;
using test::VsockGuest;

constexpr std::uint32_t kHostPort = 1024;

void allow_descriptors(rlim_t count) {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(count, limit.rlim_max));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    REQUIRE(limit.rlim_cur >= count);
}

TEST_CASE("1000 streams at once each carry their own bytes both ways") {
    allow_descriptors(4096);
    VsockGuest guest(128);
    std::vector<UniqueFd> sockets;
    for (std::uint32_t i = 0; i < 1000; ++i) sockets.push_back(guest.connect(kHostPort, i));
    CHECK(guest.device.stream_count() == 1000);

    for (std::uint32_t i = 0; i < 1000; ++i) {
        const std::string text = concat("to host ", i);
        guest.send(VsockGuest::header(kHostPort, i, Operation::Data,
                                      static_cast<std::uint32_t>(text.size())),
                   bytes_of(text));
        REQUIRE(write_full(sockets[i].get(), bytes_of(concat("to guest ", i))).ok());
    }
    std::map<std::uint32_t, std::string> got;
    for (const auto& packet : guest.receive()) {
        for (const std::byte byte : packet.payload) {
            got[packet.header.destination_port].push_back(static_cast<char>(byte));
        }
    }
    for (std::uint32_t i = 0; i < 1000; ++i) {
        REQUIRE(read_available(sockets[i].get()) == concat("to host ", i));
        REQUIRE(got[i] == concat("to guest ", i));
    }
    sockets.clear();
    CHECK(guest.receive_text() == std::vector<std::string>(1000, "Shutdown 3"));
}

TEST_CASE("a busy stream does not keep others from their turn") {
    VsockGuest guest(0);
    guest.refill = false;
    std::vector<UniqueFd> sockets;
    guest.offer(3);
    for (std::uint32_t i = 0; i < 3; ++i) sockets.push_back(guest.connect(kHostPort, i));
    const std::vector<std::byte> much(150'000);
    for (const UniqueFd& socket : sockets) REQUIRE(write_full(socket.get(), much).ok());
    guest.settle();
    guest.offer(60);
    std::map<std::uint32_t, int> packets;
    for (const auto& packet : guest.receive()) ++packets[packet.header.destination_port];
    for (std::uint32_t i = 0; i < 3; ++i) CHECK(packets[i] >= 12);
}

TEST_CASE("streams beyond the limit are refused, half-open and draining ones counted") {
    allow_descriptors(2 * Muxer::kMaxStreams + 100);
    VsockGuest guest(200);
    guest.refill = false;
    // Half-open ones that the host opens; the guest never answers.
    std::vector<UniqueFd> sockets;
    for (std::size_t i = 0; i < Muxer::kMaxStreams; ++i) {
        auto pair = make_socketpair(SOCK_STREAM);
        REQUIRE(pair.ok());
        guest.device.open_stream(1, std::move(pair->second));
        sockets.push_back(std::move(pair->first));
    }
    CHECK(guest.device.stream_count() == Muxer::kMaxStreams);
    auto pair = make_socketpair(SOCK_STREAM);
    guest.device.open_stream(1, std::move(pair->second));
    CHECK(test::at_end(pair->first.get()));

    guest.refill = true;
    static_cast<void>(guest.receive());
    guest.send(VsockGuest::header(kHostPort, 1, Operation::Request));
    CHECK(guest.receive_text() == std::vector<std::string>{"Reset"});
    CHECK(guest.host.opened.empty());
    CHECK(guest.device.stream_count() == Muxer::kMaxStreams);
}

TEST_CASE("Resets that cannot be sent are bounded") {
    VsockGuest guest(0);
    for (std::uint32_t i = 0; i < 3 * Muxer::kMaxResets; ++i) {
        guest.send(VsockGuest::header(kHostPort, i, Operation::Data));
    }
    guest.offer(128);
    CHECK(guest.receive_text().size() == Muxer::kMaxResets);
}

TEST_CASE("later streams get a smaller buffer") {
    allow_descriptors(2048);
    VsockGuest guest;
    std::vector<UniqueFd> sockets;
    for (std::uint32_t i = 0; i < Muxer::kStreamsWithFullBuffer; ++i) {
        sockets.push_back(guest.connect(kHostPort, i));
    }
    guest.send(VsockGuest::header(kHostPort, 9999, Operation::Request));
    CHECK(guest.receive_one().header.buffer_allocation == Muxer::kSmallBuffer);
}

TEST_CASE("a host that refuses to be connected to leaves no stream behind, however often") {
    VsockGuest guest;
    guest.host.accepts = false;
    for (std::uint32_t i = 0; i < 500; ++i) {
        guest.send(VsockGuest::header(kHostPort, i, Operation::Request));
        REQUIRE(guest.receive_text() == std::vector<std::string>{"Reset"});
    }
    CHECK(guest.device.stream_count() == 0);
}

}  // namespace

}  // namespace bulkhead::vsock
