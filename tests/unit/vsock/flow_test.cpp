// Flow control against a guest that behaves as Linux does.
#include <sys/socket.h>

#include <random>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/support/vsock_guest.h"
#include "tests/support/vsock_socket.h"
#include "vmm/vsock/credit.h"

namespace bulkhead::vsock {

namespace {

using test::bytes_of;
using test::GuestSocket;
using test::read_available;
using test::VsockGuest;
using Texts = std::vector<std::string>;

constexpr std::uint32_t kHostPort = 1024;
constexpr std::uint32_t kGuestPort = 5000;

std::vector<std::byte> noise(std::size_t size) {
    std::mt19937_64 random(size);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = std::byte(random());
    return bytes;
}

std::size_t send_available(int socket, std::span<const std::byte> bytes) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

void deliver(VsockGuest& guest, GuestSocket& socket) {
    for (const auto& packet : guest.receive()) socket.on_packet(packet);
}

TEST_CASE("megabytes reach the guest whole, through buffers of any size") {
    const auto [buffer, receive_buffers, megabytes] = GENERATE(table<std::uint32_t, int, int>(
        {{256 * 1024, 64, 8}, {64 * 1024, 1, 2}, {1024, 3, 1}, {576, 64, 1}}));
    VsockGuest guest(static_cast<std::size_t>(receive_buffers));
    GuestSocket socket(guest, kHostPort, kGuestPort, buffer);
    const UniqueFd host = socket.connect();
    const auto sent = noise(static_cast<std::size_t>(megabytes) << 20);
    std::vector<std::byte> got;
    std::size_t at = 0;
    while (got.size() < sent.size()) {
        at += send_available(host.get(), std::span(sent).subspan(at));
        deliver(guest, socket);
        const auto part = socket.read(50'000);
        got.insert(got.end(), part.begin(), part.end());
        REQUIRE(socket.fault() == "");
        REQUIRE_FALSE(socket.was_reset());
    }
    CHECK(got == sent);
}

TEST_CASE("megabytes reach the host whole, through buffers of any size") {
    const auto [buffer, megabytes] =
        GENERATE(table<std::uint32_t, int>({{256 * 1024, 8}, {4096, 1}, {100, 1}}));
    VsockGuest guest;
    GuestSocket socket(guest, kHostPort, kGuestPort, buffer);
    const UniqueFd host = socket.connect();
    const auto sent = noise((static_cast<std::size_t>(megabytes) << 20) / (buffer == 100 ? 8 : 1));
    std::string got;
    std::size_t at = 0;
    while (got.size() < sent.size()) {
        const std::size_t before = at + got.size();
        at += socket.send(std::span(sent).subspan(at));
        got += read_available(host.get());
        deliver(guest, socket);
        // Neither side waits for ever.
        REQUIRE(at + got.size() > before);
    }
    CHECK(std::ranges::equal(bytes_of(got), sent));
}

TEST_CASE("a slow host stops the guest, and what is held is bounded by the credit") {
    VsockGuest guest;
    GuestSocket socket(guest, kHostPort, kGuestPort);
    const UniqueFd host = socket.connect();
    const auto sent = noise(4 << 20);
    std::size_t at = 0;
    for (int round = 0; round < 10; ++round) {
        at += socket.send(std::span(sent).subspan(at));
        deliver(guest, socket);
    }
    // What the socket itself takes comes on top.
    CHECK(at < 1 << 20);
    const std::size_t stuck = at;
    std::string got = read_available(host.get());
    guest.settle();
    deliver(guest, socket);
    at += socket.send(std::span(sent).subspan(at));
    CHECK(at > stuck);
}

TEST_CASE("a guest that sends more than its credit is reset") {
    VsockGuest guest;
    const UniqueFd host = guest.connect(kHostPort, kGuestPort);
    const auto bytes = noise(kMaxPayload);
    const Header data = VsockGuest::header(kHostPort, kGuestPort, Operation::Data, kMaxPayload);
    Texts texts;
    std::size_t sent = 0;
    while (texts.empty() || texts.back() != "Reset") {
        REQUIRE(sent < std::size_t{2} << 20);
        guest.send(data, bytes);
        sent += bytes.size();
        for (auto& text : guest.receive_text()) texts.push_back(std::move(text));
    }
    CHECK(guest.device.stream_count() == 0);
    read_available(host.get());
    CHECK(test::at_end(host.get()));
}

TEST_CASE("a guest that shrinks its buffer gets nothing until it has room again") {
    VsockGuest guest;
    GuestSocket socket(guest, kHostPort, kGuestPort, 10'000);
    const UniqueFd host = socket.connect();
    const auto bytes = noise(30'000);
    REQUIRE(write_full(host.get(), bytes).ok());
    deliver(guest, socket);
    CHECK(socket.readable() > 8'000);
    socket.set_buffer(100);
    for (const auto& packet : guest.receive()) {
        CHECK(packet.header.operation != Operation::Data);
    }
    socket.set_buffer(40'000);
    deliver(guest, socket);
    CHECK(socket.readable() == 30'000);
    CHECK(socket.fault() == "");
    CHECK(socket.read(30'000) == bytes);
}

// Trap: Linux 6.12.94 resets a stream whose packets' overhead exceeds its buffer, whatever credit
// says. A host that writes small pieces to a guest that is slow to read runs into it.
TEST_CASE("small packets stay below the guest's packet ceiling") {
    VsockGuest guest(200);
    GuestSocket socket(guest, kHostPort, kGuestPort);
    const UniqueFd host = socket.connect();
    constexpr std::size_t kPieces = 5000;
    constexpr std::size_t kPiece = 9;
    const auto bytes = noise(kPieces * kPiece);
    for (std::size_t piece = 0; piece < kPieces; ++piece) {
        REQUIRE(send_available(host.get(), std::span(bytes).subspan(piece * kPiece, kPiece)) ==
                kPiece);
        if (piece < 400) deliver(guest, socket);
        // The socket is full of small writes at some point.
        if (piece == 400) break;
    }
    CHECK(socket.most_packets() == VsockGuest::kBufferAllocation / SendCredit::kPacketOverhead);
    CHECK(socket.fault() == "");

    // What waited comes as one.
    std::vector<std::byte> got;
    while (got.size() < 401 * kPiece) {
        const auto part = socket.read(100'000);
        REQUIRE_FALSE(part.empty());
        got.insert(got.end(), part.begin(), part.end());
        deliver(guest, socket);
    }
    CHECK(std::ranges::equal(got, std::span(bytes).first(401 * kPiece)));
    CHECK(socket.fault() == "");
}

TEST_CASE("credit is asked for when the guest reads without saying so") {
    VsockGuest guest(200);
    const UniqueFd host = guest.connect(kHostPort, kGuestPort, 2048);
    REQUIRE(write_full(host.get(), noise(3000)).ok());
    CHECK(guest.receive_text() == Texts{"Data 2048", "CreditRequest"});
    CHECK(guest.receive().empty());
    Header update = VsockGuest::header(kHostPort, kGuestPort, Operation::CreditUpdate);
    update.buffer_allocation = 2048;
    update.forward_count = 100;
    guest.send(update);
    CHECK(guest.receive_text() == Texts{"Data 100", "CreditRequest"});
}

TEST_CASE("a CreditRequest is always answered") {
    VsockGuest guest;
    const UniqueFd host = guest.connect(kHostPort, kGuestPort);
    guest.send(VsockGuest::header(kHostPort, kGuestPort, Operation::Data, 3), bytes_of("abc"));
    guest.send(VsockGuest::header(kHostPort, kGuestPort, Operation::CreditRequest));
    const auto update = guest.receive_one().header;
    CHECK(update.operation == Operation::CreditUpdate);
    CHECK(update.forward_count == 3);
    CHECK(update.buffer_allocation == Muxer::kBuffer);
}

TEST_CASE("without receive buffers everything waits, and nothing spins") {
    VsockGuest guest(0);
    guest.refill = false;
    guest.send(VsockGuest::header(kHostPort, kGuestPort, Operation::Request));
    guest.offer(1);
    CHECK(guest.receive_text() == Texts{"Response"});
    const UniqueFd host = std::move(guest.host.opened.at(0).second);
    REQUIRE(write_full(host.get(), noise(10'000)).ok());
    guest.settle();
    CHECK(guest.loop.poll() == 0);
    CHECK(guest.receive().empty());
    guest.offer(2);
    CHECK(guest.receive_text() == Texts{"Data 3732", "Data 3732"});
    CHECK(guest.loop.poll() == 0);
    guest.offer(2);
    CHECK(guest.receive_text() == Texts{"Data 2536"});
}

TEST_CASE("without credit nothing spins") {
    VsockGuest guest;
    const UniqueFd host = guest.connect(kHostPort, kGuestPort, 0);
    REQUIRE(write_full(host.get(), bytes_of("waiting")).ok());
    CHECK(guest.receive_text() == Texts{"CreditRequest"});
    CHECK(guest.loop.poll() == 0);
}

TEST_CASE("a batch of packets makes one interrupt") {
    VsockGuest guest;
    const UniqueFd host = guest.connect(kHostPort, kGuestPort);
    guest.driver.interrupt().clear();
    for (int i = 0; i < 20; ++i) {
        guest.submit(VsockGuest::header(kHostPort, kGuestPort, Operation::Data, 1), bytes_of("x"));
    }
    guest.kick_transmit();
    CHECK(read_available(host.get()) == std::string(20, 'x'));
    CHECK(guest.driver.interrupt().used_buffers() <= 1);

    guest.driver.interrupt().clear();
    REQUIRE(write_full(host.get(), noise(40'000)).ok());
    guest.settle();
    CHECK(guest.driver.interrupt().used_buffers() == 1);
}

}  // namespace

}  // namespace bulkhead::vsock
