#include "vmm/control/control_channel.h"

#include <sys/socket.h>

#include <optional>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::control {
namespace {

std::vector<std::byte> bytes_of(std::size_t size) {
    return std::vector<std::byte>(size, std::byte{0x33});
}

struct Ends {
    EventLoop loop;
    std::optional<PacketChannel> host;
    std::unique_ptr<ControlChannel> vmm;

    Ends() {
        auto pair = PacketChannel::create_pair();
        REQUIRE(pair);
        host.emplace(std::move(pair->first));
        auto channel = ControlChannel::create(loop, std::move(pair->second));
        REQUIRE(channel);
        vmm = std::move(*channel);
    }

    // Sends until the socket and the queue are full; gives how many packets went in.
    std::size_t fill() {
        std::size_t count = 0;
        while (vmm->send(bytes_of(1000))) ++count;
        return count;
    }

    std::vector<std::byte> receive() {
        auto packet = host->receive();
        REQUIRE(packet);
        REQUIRE(packet->has_value());
        return (*packet)->bytes;
    }
};

TEST_CASE("packets go both ways, with a descriptor") {
    Ends ends;
    std::vector<Packet> received;
    ends.vmm->listen({.on_packet = [&](Packet packet) { received.push_back(std::move(packet)); },
                      .on_closed = [] {}});
    auto file = make_eventfd();
    REQUIRE(file);
    CHECK(ends.vmm->send_for_guest(bytes_of(10), std::move(*file)));
    auto packet = ends.host->receive();
    REQUIRE((packet && packet->has_value()));
    CHECK((*packet)->descriptors.size() == 1);
    REQUIRE(ends.host->send(bytes_of(3)));
    ends.loop.poll();
    REQUIRE(received.size() == 1);
    CHECK(received[0].bytes.size() == 3);
}

TEST_CASE("a host that does not read fills a bounded queue and never blocks the sender") {
    Ends ends;
    const std::size_t sent = ends.fill();
    CHECK(sent >= ControlChannel::kMaxQueued);
    CHECK_FALSE(ends.vmm->send(bytes_of(1)));
    for (std::size_t i = 0; i < sent; ++i) {
        CHECK(ends.receive().size() == 1000);
        ends.loop.poll();
    }
    CHECK(ends.vmm->send(bytes_of(1)));
}

TEST_CASE("a guest that opens streams without end leaves room for answers to the host") {
    Ends ends;
    std::size_t streams = 0;
    while (true) {
        auto file = make_eventfd();
        REQUIRE(file);
        if (!ends.vmm->send_for_guest(bytes_of(10), std::move(*file))) break;
        ++streams;
    }
    CHECK(streams >= ControlChannel::kMaxQueuedForGuest);
    for (std::size_t i = ControlChannel::kMaxQueuedForGuest; i < ControlChannel::kMaxQueued; ++i) {
        CHECK(ends.vmm->send(bytes_of(1)));
    }
    CHECK_FALSE(ends.vmm->send(bytes_of(1)));
    // A host that reads again gets streams again.
    for (std::size_t i = 0; i < streams; ++i) {
        CHECK(ends.receive().size() == 10);
        ends.loop.poll();
    }
    auto file = make_eventfd();
    REQUIRE(file);
    CHECK(ends.vmm->send_for_guest(bytes_of(10), std::move(*file)));
}

TEST_CASE("the last packet takes the place of what the host has not read") {
    Ends ends;
    const std::size_t sent = ends.fill();
    bool done = false;
    ends.vmm->finish(bytes_of(5), [&] { done = true; });
    CHECK_FALSE(done);
    std::vector<std::byte> last;
    std::size_t received = 0;
    while (!done) {
        last = ends.receive();
        ++received;
        ends.loop.poll();
    }
    while (last.size() != 5) {
        last = ends.receive();
        ++received;
    }
    CHECK(received == sent - ControlChannel::kMaxQueued + 1);
}

TEST_CASE("a host that closes is noticed, also while sending") {
    Ends ends;
    int closed = 0;
    ends.vmm->listen({.on_packet = [](const Packet&) {}, .on_closed = [&] { ++closed; }});
    ends.host.reset();
    ends.loop.poll();
    CHECK(closed == 1);
    CHECK_FALSE(ends.vmm->send(bytes_of(1)));

    Ends others;
    int gone = 0;
    others.vmm->listen({.on_packet = [](const Packet&) {}, .on_closed = [&] { ++gone; }});
    others.host.reset();
    CHECK_FALSE(others.vmm->send(bytes_of(1)));
    CHECK(gone == 1);
}

TEST_CASE("finishing towards a host that has gone is done at once") {
    Ends ends;
    ends.host.reset();
    int done = 0;
    ends.vmm->finish(bytes_of(1), [&] { ++done; });
    CHECK(done == 1);
}

TEST_CASE("an oversized packet from the host closes the channel") {
    Ends ends;
    int closed = 0;
    ends.vmm->listen({.on_packet = [](const Packet&) {}, .on_closed = [&] { ++closed; }});
    const auto huge = bytes_of(PacketChannel::kMaxBytes + 1);
    REQUIRE(::send(ends.host->fd(), huge.data(), huge.size(), 0) ==
            static_cast<ssize_t>(huge.size()));
    ends.loop.poll();
    CHECK(closed == 1);
}

}  // namespace
}  // namespace bulkhead::control
