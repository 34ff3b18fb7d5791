// The container's streams between a guest and its clients, with socket pairs for both.
#include "host/engine/container_stdio.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "proto/ports.h"

namespace bulkhead::engine {

namespace {

using Source = ContainerStdio::Source;

class Fixture {
  public:
    explicit Fixture(ContainerStdio::Plan plan = {true, true, true})
        : stdio(
              loop, plan,
              [this](Source source, std::span<const std::byte> bytes) {
                  (source == Source::Output ? log : error_log)
                      .append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
              },
              [this] { ++drained; }) {}

    // The guest's end of a stream, or nothing when it is refused.
    UniqueFd dial(std::uint32_t port) {
        auto pair = make_socketpair(SOCK_STREAM).value();
        if (!stdio.accept(port, std::move(pair.first))) return UniqueFd();
        return std::move(pair.second);
    }

    void turn() {
        for (int i = 0; i < 50; ++i) loop.poll();
    }

    EventLoop loop;
    std::string log, error_log;
    int drained = 0;
    ContainerStdio stdio;
};

void send(const UniqueFd& fd, std::string_view text) {
    REQUIRE(write_full(fd.get(), std::as_bytes(std::span(text))));
}

// What is there now; nothing at the end.
std::optional<std::string> receive(const UniqueFd& fd) {
    std::string text(1U << 20U, '\0');
    const ssize_t count = ::recv(fd.get(), text.data(), text.size(), MSG_DONTWAIT);
    if (count == 0) return std::nullopt;
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
}

}  // namespace

TEST_CASE("output goes to the log and to every client, in order, to the last byte") {
    Fixture fixture;
    const auto early = fixture.stdio.attach(false).value();
    UniqueFd guest = fixture.dial(fixture.stdio.ports().output);
    UniqueFd guest_error = fixture.dial(fixture.stdio.ports().error);
    REQUIRE(guest.valid());
    send(guest, "one ");
    fixture.turn();
    const auto late = fixture.stdio.attach(false).value();
    send(guest, "two");
    send(guest_error, "error");
    fixture.turn();
    CHECK(fixture.log == "one two");
    CHECK(fixture.error_log == "error");
    CHECK(receive(early.output) == "one two");
    CHECK(receive(early.error) == "error");
    CHECK(receive(late.output) == "two");
    send(guest, " three");
    guest.reset();
    guest_error.reset();
    fixture.turn();
    CHECK(receive(early.output) == " three");
    CHECK_FALSE(receive(early.output));
    CHECK_FALSE(receive(early.error));
    CHECK(fixture.log == "one two three");
    CHECK(fixture.stdio.drained());
    CHECK(fixture.drained == 1);
    CHECK(fixture.stdio.output_count() == std::string("one two threeerror").size());
    // Who comes when it is over sees the end.
    CHECK_FALSE(receive(fixture.stdio.attach(false).value().output));
}

TEST_CASE("a client that does not read holds the guest up, and one that is gone does not") {
    Fixture fixture;
    auto slow = fixture.stdio.attach(false).value();
    const auto quick = fixture.stdio.attach(false).value();
    const UniqueFd guest = fixture.dial(fixture.stdio.ports().output);
    REQUIRE(set_nonblocking(guest.get()));
    const std::string block(64 * 1024, 'x');
    std::size_t sent = 0;
    std::size_t got = 0;
    // Until nothing moves any more.
    for (int idle = 0; idle < 10; ++idle) {
        const ssize_t count = ::send(guest.get(), block.data(), block.size(), MSG_DONTWAIT);
        if (count > 0) {
            sent += static_cast<std::size_t>(count);
            idle = 0;
        }
        fixture.turn();
        got += receive(quick.output).value().size();
    }
    CHECK(sent > got);
    CHECK(sent < std::size_t{4} << 20U);
    CHECK_FALSE(fixture.stdio.waits_for_guest());
    slow.output.reset();
    for (int i = 0; i < 50 && got < sent; ++i) {
        fixture.turn();
        got += receive(quick.output).value().size();
    }
    CHECK(got == sent);
    CHECK(fixture.log.size() == sent);
    CHECK(fixture.stdio.waits_for_guest());
}

TEST_CASE("input ends with the first client where that was asked for") {
    Fixture fixture({true, true, true});
    auto first = fixture.stdio.attach(true).value();
    send(first.input, "typed before the process runs ");
    const UniqueFd guest = fixture.dial(fixture.stdio.ports().input);
    send(first.input, "and after");
    fixture.turn();
    CHECK(receive(guest) == "typed before the process runs and after");
    first.input.reset();
    fixture.turn();
    CHECK_FALSE(receive(guest));
}

TEST_CASE("otherwise the next client's input follows the first one's") {
    Fixture fixture({true, false, true});
    const UniqueFd guest = fixture.dial(fixture.stdio.ports().input);
    auto first = fixture.stdio.attach(true).value();
    const auto second = fixture.stdio.attach(true).value();
    send(second.input, "second");
    send(first.input, "first ");
    fixture.turn();
    CHECK(receive(guest) == "first ");
    first.input.reset();
    fixture.turn();
    CHECK(receive(guest) == "second");
}

TEST_CASE("closing an output tells the guest, and the log keeps what came before") {
    Fixture fixture;
    const UniqueFd guest = fixture.dial(fixture.stdio.ports().output);
    send(guest, "before");
    fixture.turn();
    fixture.stdio.close_output(Source::Output);
    const std::string more = "after";
    CHECK(::send(guest.get(), more.data(), more.size(), MSG_NOSIGNAL) < 0);
    CHECK(fixture.log == "before");
    CHECK_FALSE(fixture.stdio.drained());  // standard error is open
    fixture.stdio.no_more_streams();
    CHECK(fixture.stdio.drained());
    CHECK(fixture.drained == 1);
}

TEST_CASE("streams that nobody expects are refused, and each is taken once") {
    Fixture fixture({false, false, false});
    CHECK(fixture.stdio.ports().input == 0);
    CHECK(fixture.stdio.ports().error == 0);
    CHECK_FALSE(fixture.stdio.attach(true).value().input.valid());
    CHECK_FALSE(fixture.dial(0).valid());
    CHECK_FALSE(fixture.dial(protocol::kFirstExecPort).valid());
    CHECK(fixture.dial(fixture.stdio.ports().output).valid());
    CHECK_FALSE(fixture.dial(fixture.stdio.ports().output).valid());
}

}  // namespace bulkhead::engine
