#include "base/packet_channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <numeric>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

using namespace bulkhead;

namespace {

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
    return bytes;
}

}  // namespace

TEST_CASE("a packet arrives whole, with working descriptors") {
    auto ends = PacketChannel::create_pair();
    REQUIRE(ends.ok());
    auto pipe = make_pipe();
    REQUIRE(pipe.ok());
    const std::array<int, 1> sent = {pipe->second.get()};
    const auto bytes = pattern(1000);
    REQUIRE(ends->first.send(bytes, sent).ok());

    auto packet = ends->second.receive();
    REQUIRE(packet.ok());
    REQUIRE(packet->has_value());
    CHECK((*packet)->bytes == bytes);
    REQUIRE((*packet)->descriptors.size() == 1);
    const int fd = (*packet)->descriptors[0].get();
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    REQUIRE(write_full(fd, std::span(bytes).first(3)).ok());
    std::array<std::byte, 3> back{};
    CHECK(*read_full(pipe->first.get(), back) == 3);
}

TEST_CASE("the largest packet fits with the most descriptors") {
    auto ends = PacketChannel::create_pair();
    REQUIRE(ends.ok());
    const std::vector<int> descriptors(PacketChannel::kMaxDescriptors, ends->first.fd());
    const auto bytes = pattern(PacketChannel::kMaxBytes);
    REQUIRE(ends->first.send(bytes, descriptors).ok());
    auto packet = ends->second.receive();
    REQUIRE(packet.ok());
    REQUIRE(packet->has_value());
    CHECK((*packet)->bytes == bytes);
    CHECK((*packet)->descriptors.size() == descriptors.size());
}

TEST_CASE("packets outside the bounds are refused by the sender") {
    auto ends = PacketChannel::create_pair();
    REQUIRE(ends.ok());
    CHECK_FALSE(ends->first.send(pattern(PacketChannel::kMaxBytes + 1)).ok());
    CHECK_FALSE(ends->first.send({}).ok());
    const std::vector<int> descriptors(PacketChannel::kMaxDescriptors + 1, ends->first.fd());
    CHECK_FALSE(ends->first.send(pattern(1), descriptors).ok());
}

TEST_CASE("an oversized packet from a peer is an error and leaks no descriptor") {
    auto ends = PacketChannel::create_pair();
    REQUIRE(ends.ok());
    const auto bytes = pattern(PacketChannel::kMaxBytes + 1);
    const int size = 1 << 20;
    REQUIRE(::setsockopt(ends->first.fd(), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
    REQUIRE(::send(ends->first.fd(), bytes.data(), bytes.size(), 0) ==
            static_cast<ssize_t>(bytes.size()));
    const std::size_t before = open_descriptors();
    CHECK_FALSE(ends->second.receive().ok());
    CHECK(open_descriptors() == before);
}

TEST_CASE("a closed peer reads as the end, and sending to it is an error") {
    auto ends = PacketChannel::create_pair();
    REQUIRE(ends.ok());
    { const PacketChannel closed = std::move(ends->first); }
    auto packet = ends->second.receive();
    REQUIRE(packet.ok());
    CHECK_FALSE(packet->has_value());
    const auto sent = ends->second.send(pattern(1));
    REQUIRE_FALSE(sent.ok());
    CHECK(sent.error().is(std::errc::broken_pipe));
}

TEST_CASE("an empty non-blocking channel says so") {
    auto ends = PacketChannel::create_pair();
    REQUIRE(ends.ok());
    REQUIRE(set_nonblocking(ends->second.fd()).ok());
    const auto packet = ends->second.receive();
    REQUIRE_FALSE(packet.ok());
    CHECK(packet.error().is(std::errc::resource_unavailable_try_again));
}
