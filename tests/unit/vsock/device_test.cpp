// Opening streams and moving bytes, as a driver sees it.
#include <linux/virtio_ids.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/support/vsock_guest.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::vsock {

namespace {

using test::at_end;
using test::bytes_of;
using test::read_available;
using test::VsockGuest;
using Texts = std::vector<std::string>;

constexpr std::uint32_t kHostPort = 1024;
constexpr std::uint32_t kGuestPort = 5000;

Header packet(Operation operation, std::uint32_t length = 0) {
    return VsockGuest::header(kHostPort, kGuestPort, operation, length);
}

UniqueFd open_from_host(VsockGuest& guest, std::uint32_t port) {
    auto pair = make_socketpair(SOCK_STREAM);
    REQUIRE(pair.ok());
    guest.device.open_stream(port, std::move(pair->second));
    return std::move(pair->first);
}

TEST_CASE("the device is a vsock of three queues with the guest's CID in its configuration") {
    VsockGuest guest;
    CHECK(guest.device.traits().type == VIRTIO_ID_VSOCK);
    CHECK(guest.device.traits().queue_sizes.size() == 3);
    CHECK(guest.device.traits().features == virtio::kTransportFeatures);
    std::array<std::byte, 12> config{};
    config.fill(std::byte{0xaa});
    guest.device.read_config(0, config);
    CHECK(config[0] == std::byte{3});
    CHECK(std::all_of(config.begin() + 1, config.end(), [](auto b) { return b == std::byte{}; }));
    guest.device.write_config(0, std::span(config).first(4));
    guest.device.read_config(0, config);
    CHECK(config[0] == std::byte{3});
}

TEST_CASE("a stream that the guest opens reaches the host") {
    VsockGuest guest;
    guest.send(packet(Operation::Request));
    const auto response = guest.receive_one();
    CHECK(response.header == Header{.source_cid = 2,
                                    .destination_cid = 3,
                                    .source_port = kHostPort,
                                    .destination_port = kGuestPort,
                                    .operation = Operation::Response,
                                    .buffer_allocation = Muxer::kBuffer});
    REQUIRE(guest.host.opened.size() == 1);
    CHECK(guest.host.opened[0].first == kHostPort);
    CHECK(guest.driver.interrupt().used_buffers() > 0);
}

TEST_CASE("bytes go both ways, in order") {
    VsockGuest guest;
    const UniqueFd socket = guest.connect(kHostPort, kGuestPort);
    guest.send(packet(Operation::Data, 6), bytes_of("hello "));
    guest.send(packet(Operation::Data, 5), bytes_of("there"));
    CHECK(read_available(socket.get()) == "hello there");

    REQUIRE(write_full(socket.get(), bytes_of("general")).ok());
    const auto data = guest.receive_one();
    CHECK(data.header.operation == Operation::Data);
    CHECK(data.header.forward_count == 11);
    CHECK(data.payload == std::vector(bytes_of("general").begin(), bytes_of("general").end()));
}

TEST_CASE("a host that refuses makes a Reset") {
    VsockGuest guest;
    guest.host.accepts = false;
    guest.send(packet(Operation::Request));
    CHECK(guest.receive_text() == Texts{"Reset"});
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE("a stream that the host opens connects to the guest's port") {
    VsockGuest guest;
    const UniqueFd socket = open_from_host(guest, 77);
    const auto request = guest.receive_one().header;
    CHECK(request.operation == Operation::Request);
    CHECK(request.destination_port == 77);
    CHECK(request.source_port >= Muxer::kFirstHostPort);

    REQUIRE(write_full(socket.get(), bytes_of("early")).ok());
    CHECK(guest.receive().empty());
    guest.send(VsockGuest::header(request.source_port, 77, Operation::Response));
    CHECK(guest.receive_text() == Texts{"Data 5"});
    guest.send(VsockGuest::header(request.source_port, 77, Operation::Data, 2), bytes_of("ok"));
    CHECK(read_available(socket.get()) == "ok");
}

TEST_CASE("a guest that refuses closes the host's socket") {
    VsockGuest guest;
    const UniqueFd socket = open_from_host(guest, 77);
    const auto request = guest.receive_one().header;
    CHECK_FALSE(at_end(socket.get()));
    guest.send(VsockGuest::header(request.source_port, 77, Operation::Reset));
    CHECK(at_end(socket.get()));
    CHECK(guest.device.stream_count() == 0);
    CHECK(guest.receive().empty());
}

TEST_CASE("streams that the host opens to one port are told apart") {
    VsockGuest guest;
    const UniqueFd first = open_from_host(guest, 77);
    const UniqueFd second = open_from_host(guest, 77);
    const auto one = guest.receive_one().header.source_port;
    const auto two = guest.receive_one().header.source_port;
    REQUIRE(one != two);
    guest.send(VsockGuest::header(one, 77, Operation::Response));
    guest.send(VsockGuest::header(two, 77, Operation::Response));
    guest.send(VsockGuest::header(two, 77, Operation::Data, 3), bytes_of("two"));
    CHECK(read_available(first.get()).empty());
    CHECK(read_available(second.get()) == "two");
}

TEST_CASE("a host's stream is closed when there is no driver or it is not a stream socket") {
    EventLoop loop;
    test::FakeStreamHost host;
    VsockDevice device(loop, host);
    auto pair = make_socketpair(SOCK_STREAM);
    device.open_stream(1, std::move(pair->second));
    CHECK(at_end(pair->first.get()));

    VsockGuest guest;
    auto pipe = make_pipe();
    guest.device.open_stream(1, std::move(pipe->first));
    auto datagrams = make_socketpair(SOCK_DGRAM);
    guest.device.open_stream(1, std::move(datagrams->second));
    CHECK(guest.receive().empty());
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE("packets may be cut into descriptors in any way") {
    const auto cuts = GENERATE(
        std::vector<std::uint32_t>{}, std::vector<std::uint32_t>{44}, std::vector<std::uint32_t>{1},
        std::vector<std::uint32_t>{43, 1}, std::vector<std::uint32_t>{20, 30},
        std::vector<std::uint32_t>{44, 1, 1, 1}, std::vector<std::uint32_t>{10, 10, 10, 10, 10});
    VsockGuest guest(64, GENERATE(std::uint64_t{0}, virtio::kEventIdx));
    const UniqueFd socket = guest.connect(kHostPort, kGuestPort);
    guest.submit(packet(Operation::Data, 11), bytes_of("any shape. "), cuts);
    guest.submit(packet(Operation::Data, 4), bytes_of("Next"), cuts);
    guest.kick_transmit();
    CHECK(read_available(socket.get()) == "any shape. Next");
}

TEST_CASE("receive buffers may be cut into descriptors in any way") {
    VsockGuest guest(0);
    auto& queue = guest.driver.queue(0);
    const auto chain =
        queue.chain().writable(1).writable(42).writable(4).writable(2).writable(100).submit();
    const auto response = queue.chain().writable(44).writable(1).submit();
    guest.driver.kick(0);
    // In the first buffer the Response; the data in the second.
    guest.send(packet(Operation::Request));
    REQUIRE(write_full(guest.host.opened.at(0).second.get(), bytes_of("x")).ok());
    guest.settle();
    CHECK(queue.used() == test::Used{chain.head, 44});
    CHECK(queue.used() == test::Used{response.head, 45});
    CHECK(queue.written(response).at(44) == std::byte{'x'});
}

TEST_CASE("payload is spread over receive buffers that are too small for it") {
    VsockGuest guest(0);
    guest.offer(1);
    const UniqueFd socket = guest.connect(kHostPort, kGuestPort);
    guest.refill = false;
    REQUIRE(guest.receive().empty());
    REQUIRE(write_full(socket.get(), bytes_of("abcdefgh")).ok());
    guest.offer(3, 44 + 3);
    CHECK(guest.receive_text() == Texts{"Data 8"});
    REQUIRE(write_full(socket.get(), bytes_of("abcdefgh")).ok());
    CHECK(guest.receive_text() == Texts{"Data 3", "Data 3", "Data 2"});
}

TEST_CASE("receive buffers without room for a packet come back empty") {
    VsockGuest guest(0);
    const auto small = guest.driver.queue(0).chain().writable(43).submit();
    const auto exact = guest.driver.queue(0).chain().writable(44).submit();
    const auto readable = guest.driver.queue(0).chain().readable("no room at all").submit();
    const auto good = guest.driver.queue(0).chain().writable(100).submit();
    guest.driver.kick(0);
    guest.send(packet(Operation::Request));
    CHECK(guest.driver.queue(0).used() == test::Used{small.head, 0});
    CHECK(guest.driver.queue(0).used() == test::Used{exact.head, 0});
    CHECK(guest.driver.queue(0).used() == test::Used{readable.head, 0});
    CHECK(guest.driver.queue(0).used() == test::Used{good.head, 44});
}

TEST_CASE("packets for nobody are answered by Reset with the addresses turned around") {
    VsockGuest guest;
    const auto operation =
        GENERATE(Operation::Response, Operation::Shutdown, Operation::Data, Operation::CreditUpdate,
                 Operation::CreditRequest, Operation{}, Operation{99});
    guest.send(packet(operation));
    CHECK(guest.receive_one().header == Header{.source_cid = 2,
                                               .destination_cid = 3,
                                               .source_port = kHostPort,
                                               .destination_port = kGuestPort,
                                               .operation = Operation::Reset});
}

TEST_CASE("a Reset is never answered") {
    VsockGuest guest;
    guest.send(packet(Operation::Reset));
    Header elsewhere = packet(Operation::Reset);
    elsewhere.destination_cid = 9;
    guest.send(elsewhere);
    CHECK(guest.receive().empty());
}

TEST_CASE("a Request of another kind, or to or from another CID, is answered by Reset") {
    VsockGuest guest;
    Header request = packet(Operation::Request);
    SECTION("seqpacket") {
        request.type = 2;
    }
    SECTION("unknown type") {
        request.type = 0;
    }
    SECTION("another host") {
        request.destination_cid = 1;
    }
    SECTION("a CID of 64 bits") {
        request.destination_cid = (std::uint64_t{1} << 32) | 2;
    }
    SECTION("not this guest") {
        request.source_cid = 4;
    }
    guest.send(request);
    const auto reset = guest.receive_one().header;
    CHECK(reset.operation == Operation::Reset);
    CHECK(reset.type == request.type);
    CHECK(reset.source_cid == request.destination_cid);
    CHECK(reset.destination_cid == 3);
    CHECK(guest.host.opened.empty());
}

TEST_CASE("a payload that is not all there resets its stream") {
    VsockGuest guest;
    const UniqueFd socket = guest.connect(kHostPort, kGuestPort);
    guest.send(packet(Operation::Data, GENERATE(4U, 0xffff'ffffU)), bytes_of("abc"));
    CHECK(guest.receive_text() == Texts{"Reset"});
    CHECK(read_available(socket.get()).empty());
    CHECK(at_end(socket.get()));
}

TEST_CASE("bytes after the payload are ignored") {
    VsockGuest guest;
    const UniqueFd socket = guest.connect(kHostPort, kGuestPort);
    guest.send(packet(Operation::Data, 3), bytes_of("abcdef"));
    CHECK(read_available(socket.get()) == "abc");
}

TEST_CASE("a chain without a whole header is given back and ignored") {
    VsockGuest guest;
    const auto chain = guest.driver.queue(1).chain().readable("short").writable(100).submit();
    guest.kick_transmit();
    CHECK(guest.driver.queue(1).used() == test::Used{chain.head, 0});
    CHECK(guest.receive().empty());
}

TEST_CASE("a broken ring closes all streams and needs a reset") {
    VsockGuest guest;
    const UniqueFd socket = guest.connect(kHostPort, kGuestPort);
    const std::uint16_t queue = GENERATE(std::uint16_t{0}, std::uint16_t{1});
    guest.driver.queue(queue).set_available_index(
        static_cast<std::uint16_t>(guest.driver.queue(queue).used_index() + 1000));
    REQUIRE(write_full(socket.get(), bytes_of("x")).ok());
    guest.driver.kick(queue);
    guest.settle();
    CHECK(guest.driver.interrupt().reset_needed());
    CHECK(at_end(socket.get()));
    CHECK(guest.device.stream_count() == 0);
    guest.driver.kick(queue);
}

TEST_CASE("a device that waits at a request leaves it in the ring") {
    VsockGuest guest;
    int requests = 0;
    guest.device.wait_at_request([&] { ++requests; });
    guest.kick_transmit();
    CHECK(requests == 0);  // there is none yet
    guest.send(packet(Operation::Request));
    guest.send(packet(Operation::Request));
    CHECK(requests == 1);
    CHECK(guest.host.opened.empty());
    const auto state = guest.device.save().value();
    CHECK(state.queues[1].next_available == 0);
    guest.device.go_on();
    guest.settle();
    CHECK(guest.host.opened.size() == 1);
    CHECK(requests == 1);
}

TEST_CASE("a device that waits at a request takes what comes before it") {
    VsockGuest guest;
    const UniqueFd socket = guest.connect(kHostPort, kGuestPort);
    int requests = 0;
    guest.device.wait_at_request([&] { ++requests; });
    guest.send(packet(Operation::Data, 5), bytes_of("alone"));
    CHECK(read_available(socket.get()) == "alone");
    // Neither an answer nor what is no packet is a request.
    guest.send(VsockGuest::header(kHostPort, kGuestPort + 9, Operation::Response));
    CHECK(guest.receive_text() == Texts{"Reset"});
    static_cast<void>(guest.driver.queue(1).chain().readable("short").submit());
    guest.kick_transmit();
    CHECK(guest.device.save()->queues[1].next_available == 4);
    CHECK(requests == 0);

    // All of these come at once.
    guest.submit(packet(Operation::Data, 6), bytes_of("before"));
    guest.submit(VsockGuest::header(kHostPort, kGuestPort + 1, Operation::Request));
    guest.submit(packet(Operation::Data, 5), bytes_of("after"));
    guest.submit(VsockGuest::header(kHostPort, kGuestPort + 2, Operation::Request));
    guest.kick_transmit();
    CHECK(requests == 1);
    CHECK(read_available(socket.get()) == "before");
    CHECK(guest.host.opened.empty());
    // Request, alone, Response, short, before: the sixth is next.
    CHECK(guest.device.save()->queues[1].next_available == 5);
    guest.kick_transmit();
    CHECK(requests == 1);
    CHECK(read_available(socket.get()).empty());

    guest.device.go_on();
    guest.settle();
    CHECK(read_available(socket.get()) == "after");
    CHECK(guest.host.opened.size() == 2);
    CHECK(requests == 1);
    CHECK(guest.device.save()->queues[1].next_available == 8);
}

TEST_CASE("a device waits at each request that it is told to wait at") {
    VsockGuest guest;
    int requests = 0;
    for (const int count : {1, 2}) {
        guest.device.wait_at_request([&] { ++requests; });
        guest.send(VsockGuest::header(kHostPort, kGuestPort + static_cast<std::uint32_t>(count),
                                      Operation::Request));
        CHECK(requests == count);
        CHECK(guest.host.opened.size() == static_cast<std::size_t>(count) - 1);
        guest.device.go_on();
        guest.settle();
        CHECK(guest.host.opened.size() == static_cast<std::size_t>(count));
    }
    const UniqueFd last = guest.connect(kHostPort, kGuestPort + 3);
    CHECK(requests == 2);
}

TEST_CASE("a request that is cut in any way is one to wait at") {
    const auto cuts = GENERATE(std::vector<std::uint32_t>{}, std::vector<std::uint32_t>{1},
                               std::vector<std::uint32_t>{30, 1}, std::vector<std::uint32_t>{43});
    VsockGuest guest;
    bool at_request = false;
    guest.device.wait_at_request([&] { at_request = true; });
    guest.submit(packet(Operation::Request), {}, cuts);
    guest.kick_transmit();
    CHECK(at_request);
    CHECK(guest.host.opened.empty());
}

}  // namespace

}  // namespace bulkhead::vsock
