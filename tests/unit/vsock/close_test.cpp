// Ending streams: each side, one direction or both, orderly or not.
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/support/vsock_guest.h"

namespace bulkhead::vsock {

namespace {

using test::at_end;
using test::bytes_of;
using test::read_available;
using test::VsockGuest;
using Texts = std::vector<std::string>;

constexpr std::uint32_t kHostPort = 1024;
constexpr std::uint32_t kGuestPort = 5000;

// A connected stream.
class CloseTest {
  public:
    void send(Operation operation, std::uint32_t flags = 0) {
        Header header = VsockGuest::header(kHostPort, kGuestPort, operation);
        header.flags = flags;
        guest.send(header);
    }

    void send_data(std::string_view text) {
        guest.send(VsockGuest::header(kHostPort, kGuestPort, Operation::Data,
                                      static_cast<std::uint32_t>(text.size())),
                   bytes_of(text));
    }

    // More than the socket takes, so that some is held by the device.
    std::string send_much() {
        std::string all;
        for (char c = 'a'; c < 'e'; ++c) {
            all.append(60'000, c);
            send_data(std::string(60'000, c));
        }
        static_cast<void>(guest.receive());  // credit updates
        return all;
    }

    std::string read_all() {
        std::string text;
        while (true) {
            const std::string part = read_available(socket.get());
            if (part.empty()) return text;
            text += part;
            guest.settle();
        }
    }

    void host_writes(std::string_view text) {
        REQUIRE(write_full(socket.get(), bytes_of(text)).ok());
    }

    VsockGuest guest;
    UniqueFd socket = guest.connect(kHostPort, kGuestPort);
};

TEST_CASE_METHOD(CloseTest, "a guest that closes is answered by Reset and the host sees the end") {
    send_data("bye");
    send(Operation::Shutdown, kShutdownBoth);
    CHECK(guest.receive_text() == Texts{"Reset"});
    CHECK(read_available(socket.get()) == "bye");
    CHECK(at_end(socket.get()));
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE_METHOD(CloseTest, "data held when the guest closes still reaches the host") {
    const std::string all = send_much();
    const bool by_reset = GENERATE(false, true);
    if (by_reset) {
        send(Operation::Reset);
        CHECK(guest.receive().empty());
    } else {
        send(Operation::Shutdown, kShutdownBoth);
        CHECK(guest.receive_text() == Texts{"Reset"});
    }
    CHECK(guest.device.stream_count() == 1);
    CHECK(read_all() == all);
    CHECK(at_end(socket.get()));
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE_METHOD(CloseTest, "the ports of a closed stream are free while its data drains") {
    const std::string all = send_much();
    send(Operation::Shutdown, kShutdownBoth);
    CHECK(guest.receive_text() == Texts{"Reset"});
    const UniqueFd again = guest.connect(kHostPort, kGuestPort);
    send_data("new");
    CHECK(read_available(again.get()) == "new");
    CHECK(read_all() == all);
    CHECK(guest.device.stream_count() == 1);
}

TEST_CASE_METHOD(CloseTest, "a draining stream ends when the host closes") {
    send_much();
    send(Operation::Shutdown, kShutdownBoth);
    CHECK(guest.device.stream_count() == 1);
    socket.reset();
    guest.settle();
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE_METHOD(CloseTest,
                 "a guest that closes gives end-of-file, not an error, for unread data") {
    // No credit, so that the host's bytes stay in the socket.
    Header header = VsockGuest::header(kHostPort, kGuestPort, Operation::CreditUpdate);
    header.buffer_allocation = 0;
    guest.send(header);
    host_writes("never read");
    guest.settle();
    send(Operation::Shutdown, kShutdownBoth);
    std::array<std::byte, 4> buffer{};
    CHECK(::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) == 0);
}

TEST_CASE_METHOD(CloseTest, "a guest may end its direction and still read") {
    send_data("question");
    send(Operation::Shutdown, kShutdownSend);
    CHECK(read_available(socket.get()) == "question");
    CHECK(at_end(socket.get()));
    host_writes("answer");
    CHECK(guest.receive_text() == Texts{"Data 6"});
    ::shutdown(socket.get(), SHUT_WR);
    CHECK(guest.receive_text() == Texts{"Shutdown 3"});
    send(Operation::Reset);
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE_METHOD(CloseTest, "end-of-file comes after held data") {
    const std::string all = send_much();
    send(Operation::Shutdown, kShutdownSend);
    CHECK(read_all() == all);
    CHECK(at_end(socket.get()));
}

TEST_CASE_METHOD(CloseTest, "Shutdown in the batch of its data comes after it") {
    guest.submit(VsockGuest::header(kHostPort, kGuestPort, Operation::Data, 4), bytes_of("last"));
    Header shutdown = VsockGuest::header(kHostPort, kGuestPort, Operation::Shutdown);
    shutdown.flags = GENERATE(kShutdownSend, kShutdownBoth);
    guest.submit(shutdown);
    guest.kick_transmit();
    CHECK(read_available(socket.get()) == "last");
    CHECK(at_end(socket.get()));
}

TEST_CASE_METHOD(CloseTest, "a guest that reads no more fails the host's writes") {
    send(Operation::Shutdown, kShutdownReceive);
    CHECK(::send(socket.get(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == -1);
    CHECK(errno == EPIPE);
    send_data("still talking");
    CHECK(read_available(socket.get()) == "still talking");
    CHECK(guest.receive().empty());
}

TEST_CASE_METHOD(CloseTest, "a host may end its direction and still read") {
    host_writes("question");
    ::shutdown(socket.get(), SHUT_WR);
    CHECK(guest.receive_text() == Texts{"Data 8", "Shutdown 2"});
    send_data("answer");
    CHECK(read_available(socket.get()) == "answer");
    send(Operation::Shutdown, kShutdownSend);
    CHECK(at_end(socket.get()));
    CHECK(guest.receive_text() == Texts{"Shutdown 3"});
}

TEST_CASE_METHOD(CloseTest, "a host that stops reading becomes Shutdown(receive)") {
    ::shutdown(socket.get(), SHUT_RD);
    send_data("into the void");
    CHECK(guest.receive_text() == Texts{"Shutdown 1"});
    host_writes("still talking");
    CHECK(guest.receive_text() == Texts{"Data 13"});
}

TEST_CASE_METHOD(CloseTest, "a host that closes becomes a full Shutdown after its data") {
    host_writes("goodbye");
    socket.reset();
    CHECK(guest.receive_text() == Texts{"Data 7", "Shutdown 3"});
    send_data("under way");
    CHECK(guest.receive().empty());
    send(Operation::Reset);
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE_METHOD(CloseTest, "a host that closes without reading still has its data sent") {
    send_data("unread");
    host_writes("goodbye");
    socket.reset();
    CHECK(guest.receive_text() == Texts{"Data 7", "Shutdown 3"});
}

TEST_CASE_METHOD(CloseTest, "a guest's Reset closes the host's end and is not answered") {
    send(Operation::Reset);
    CHECK(at_end(socket.get()));
    CHECK(guest.receive().empty());
    send_data("late");
    CHECK(guest.receive_text() == Texts{"Reset"});
}

TEST_CASE_METHOD(CloseTest, "a second Request for an open stream resets it") {
    send(Operation::Request);
    CHECK(guest.receive_text() == Texts{"Reset"});
    CHECK(at_end(socket.get()));
    const UniqueFd again = guest.connect(kHostPort, kGuestPort);
    CHECK_FALSE(at_end(again.get()));
}

TEST_CASE_METHOD(CloseTest, "a device reset closes every stream and touches no guest memory") {
    const UniqueFd second = guest.connect(kHostPort, kGuestPort + 1);
    const std::string all = send_much();
    host_writes("never delivered");
    const auto used = guest.driver.queue(0).used_index();
    guest.device.reset();
    CHECK(guest.device.stream_count() == 0);
    guest.settle();
    CHECK(guest.driver.queue(0).used_index() == used);
    CHECK(at_end(second.get()));
    CHECK(read_available(socket.get()).size() < all.size());
    CHECK(at_end(socket.get()));
}

TEST_CASE("a guest that does not answer a host's Request in time gets a Reset") {
    VsockGuest guest(64, 0, {.connect = std::chrono::milliseconds(1)});
    auto pair = make_socketpair(SOCK_STREAM);
    REQUIRE(pair.ok());
    guest.device.open_stream(77, std::move(pair->second));
    while (!at_end(pair->first.get())) guest.settle();
    CHECK(guest.receive_text() == Texts{"Request", "Reset"});
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE("a guest that does not answer a full Shutdown in time gets a Reset") {
    VsockGuest guest(64, 0, {.close = std::chrono::milliseconds(1)});
    guest.connect(kHostPort, kGuestPort).reset();
    Texts texts;
    while (texts.size() < 2) {
        for (auto& text : guest.receive_text()) texts.push_back(std::move(text));
    }
    CHECK(texts == Texts{"Shutdown 3", "Reset"});
    CHECK(guest.device.stream_count() == 0);
}

TEST_CASE("a device starts anew after a reset") {
    VsockGuest guest;
    const UniqueFd before = guest.connect(kHostPort, kGuestPort);
    guest.driver.reset();
    CHECK(at_end(before.get()));
    guest.restart();
    const UniqueFd after = guest.connect(kHostPort, kGuestPort);
    REQUIRE(write_full(after.get(), bytes_of("again")).ok());
    CHECK(guest.receive_text() == Texts{"Data 5"});
}

}  // namespace

}  // namespace bulkhead::vsock
