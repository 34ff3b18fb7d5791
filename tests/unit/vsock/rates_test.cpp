// What streams may move in a second: bytes, packets, connects.
#include <sys/socket.h>

#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "proto/ports.h"
#include "tests/support/vsock_guest.h"
#include "tests/support/vsock_socket.h"
#include "vmm/vsock/stream.h"

namespace bulkhead::vsock {

namespace {

using namespace std::chrono_literals;
using test::GuestSocket;
using test::read_available;
using test::VsockGuest;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kHostPort = 2000;
constexpr std::uint32_t kGuestPort = 5000;
constexpr std::size_t kRate = 1 << 20;
constexpr std::size_t kAmount = 400 * 1024;
// The bucket holds a tenth of a second's worth, and the last part may be owed: a buffer to the
// host, a turn of 64 KiB to the guest.
constexpr auto kLeast = 40ms;

std::string noise(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; ++at)
        text[at] = static_cast<char>((at * 2654435761U) >> 11);
    return text;
}

std::span<const std::byte> rest_of(const std::string& text, std::size_t at) {
    return std::as_bytes(std::span(text)).subspan(at);
}

void deliver(VsockGuest& guest, GuestSocket& socket) {
    guest.settle();
    for (const auto& packet : guest.receive()) socket.on_packet(packet);
}

// How long it takes until all of it has come to the host.
Clock::duration to_host(VsockGuest& guest, GuestSocket& socket, const UniqueFd& host) {
    const auto begin = Clock::now();
    const std::string sent = noise(kAmount);
    std::string got;
    std::size_t at = 0;
    while (got.size() < sent.size()) {
        at += socket.send(rest_of(sent, at));
        deliver(guest, socket);
        got += read_available(host.get());
    }
    CHECK(got == sent);
    CHECK(socket.fault().empty());
    return Clock::now() - begin;
}

Clock::duration to_guest(VsockGuest& guest, GuestSocket& socket, const UniqueFd& host) {
    const auto begin = Clock::now();
    const std::string sent = noise(kAmount);
    std::string got;
    std::size_t at = 0;
    while (got.size() < sent.size()) {
        const auto rest = rest_of(sent, at);
        const ssize_t count = ::send(host.get(), rest.data(), rest.size(), MSG_DONTWAIT);
        if (count > 0) at += static_cast<std::size_t>(count);
        deliver(guest, socket);
        const auto part = socket.read(1 << 20);
        got.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
    CHECK(got == sent);
    CHECK(socket.fault().empty());
    return Clock::now() - begin;
}

TEST_CASE("a limit of bytes holds both ways, whole and in order") {
    VsockGuest guest;
    GuestSocket socket(guest, kHostPort, kGuestPort);
    const UniqueFd host = socket.connect();
    CHECK(guest.device.set_limit({.bytes = kRate, .operations = 0}) ==
          limit::RateLimit{.bytes = kRate, .operations = 0});
    CHECK(to_host(guest, socket, host) >= kLeast);
    CHECK(to_guest(guest, socket, host) >= kLeast);
}

// Of a socket that has more for the guest all the time, too: it is not waited for in between.
TEST_CASE("to the guest one turn goes beyond the rate, and no second one") {
    VsockGuest guest;
    GuestSocket socket(guest, kHostPort, kGuestPort);
    const UniqueFd host = socket.connect();
    guest.device.set_limit({.bytes = 20, .operations = 0});
    constexpr std::size_t kTurn = Stream::kTurnPackets * VsockGuest::kReceiveBuffer;
    const std::string sent = noise(2 * kTurn);
    REQUIRE(::send(host.get(), sent.data(), sent.size(), MSG_DONTWAIT) ==
            static_cast<ssize_t>(sent.size()));
    for (int i = 0; i < 10; ++i) deliver(guest, socket);
    const auto got = socket.read(sent.size());
    CHECK_FALSE(got.empty());
    CHECK(got.size() <= kTurn);
}

TEST_CASE("the agent's control stream has a limit of its own") {
    VsockGuest guest;
    GuestSocket socket(guest, kHostPort, kGuestPort);
    GuestSocket control(guest, protocol::kAgentPort, kGuestPort + 1);
    const UniqueFd host = socket.connect();
    const UniqueFd control_host = control.connect();
    // One packet uses it up for a minute.
    guest.device.set_limit({.bytes = 20, .operations = 0});
    const std::string word = "word";
    static_cast<void>(socket.send(rest_of(noise(1000), 0)));
    CHECK(read_available(host.get()).size() == 1000);
    static_cast<void>(socket.send(rest_of(word, 0)));
    CHECK(read_available(host.get()).empty());
    static_cast<void>(control.send(rest_of(word, 0)));
    CHECK(read_available(control_host.get()) == word);
    // It is no way around the limit.
    CHECK(to_host(guest, control, control_host) >= kLeast);
    // What waited comes when it may.
    guest.device.set_limit({});
    std::string got;
    while (got.empty()) {
        guest.settle();
        got = read_available(host.get());
    }
    CHECK(got == word);
}

TEST_CASE("data that waits for its rate holds up no stream's control packets") {
    VsockGuest guest;
    GuestSocket socket(guest, kHostPort, kGuestPort);
    const UniqueFd host = socket.connect();
    guest.device.set_limit({.bytes = 20, .operations = 0});
    static_cast<void>(socket.send(rest_of(noise(1000), 0)));
    static_cast<void>(socket.send(rest_of(noise(10), 0)));
    const UniqueFd another = guest.connect(kHostPort, kGuestPort + 1);
    CHECK(another.valid());
    guest.send(VsockGuest::header(kHostPort, kGuestPort, Operation::CreditRequest));
    CHECK(guest.receive_text() == std::vector<std::string>{"CreditUpdate"});
}

TEST_CASE("a limit of packets keeps the guest's queue standing, and loses none") {
    VsockGuest guest;
    const UniqueFd host = guest.connect(kHostPort, kGuestPort);
    guest.device.set_limit({.bytes = 0, .operations = 100});
    const auto begin = Clock::now();
    std::string sent;
    for (int i = 0; i < 20; ++i) {
        const std::string part(1, static_cast<char>('a' + i));
        sent += part;
        guest.submit(VsockGuest::header(kHostPort, kGuestPort, Operation::Data, 1),
                     test::bytes_of(part));
    }
    guest.kick_transmit();
    std::string got;
    while (got.size() < sent.size()) {
        guest.settle();
        got += read_available(host.get());
    }
    CHECK(got == sent);
    // Ten at once, and one each 10 ms.
    CHECK(Clock::now() - begin >= 90ms);
}

TEST_CASE("connects beyond the rate wait, and none is refused") {
    constexpr std::uint64_t kConnects = 100;
    VsockGuest guest(64, 0, {}, kConnects);
    const auto begin = Clock::now();
    for (std::uint32_t i = 0; i < 20; ++i)
        guest.submit(VsockGuest::header(kHostPort, kGuestPort + i, Operation::Request));
    guest.kick_transmit();
    CHECK(guest.host.opened.size() == 10);
    while (guest.host.opened.size() < 20) guest.settle();
    CHECK(Clock::now() - begin >= 90ms);
    for (const auto& text : guest.receive_text()) CHECK(text == "Response");
}

TEST_CASE("a device that is reset forgets what waited") {
    VsockGuest guest(64, 0, {}, 20);
    for (std::uint32_t i = 0; i < 10; ++i)
        guest.submit(VsockGuest::header(kHostPort, kGuestPort + i, Operation::Request));
    guest.kick_transmit();
    guest.driver.reset();
    const auto opened = guest.host.opened.size();
    const auto begin = Clock::now();
    while (Clock::now() - begin < 100ms) guest.settle();
    CHECK(guest.host.opened.size() == opened);
    CHECK(guest.device.stream_count() == 0);
}

}  // namespace

}  // namespace bulkhead::vsock
