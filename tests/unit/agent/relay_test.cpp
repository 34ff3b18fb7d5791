#include "guest-agent/stdio/relay.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "guest-agent/stdio/process_streams.h"

namespace bulkhead::agent {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// Reads what is there without waiting.
std::string available(int fd) {
    std::string text(1 << 16, '\0');
    REQUIRE(set_nonblocking(fd).ok());
    const ssize_t got = ::read(fd, text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
}

bool at_end(int fd) {
    char byte = 0;
    return ::read(fd, &byte, 1) == 0;
}

// A pipe on the process's side, a socket on the host's.
struct Fixture {
    Fixture() {
        ::signal(SIGPIPE, SIG_IGN);
        auto pipe = make_pipe().value();
        read_end = std::move(pipe.first);
        write_end = std::move(pipe.second);
        auto sockets = make_socketpair(SOCK_STREAM).value();
        host = std::move(sockets.first);
        stream = std::move(sockets.second);
    }

    void output() {
        relay = std::make_unique<Relay>(loop, std::move(read_end), std::move(stream),
                                        [this] { ++finished; });
    }

    void input() {
        relay = std::make_unique<Relay>(loop, std::move(stream), std::move(write_end),
                                        [this] { ++finished; });
    }

    void settle() {
        while (loop.poll() > 0) {
        }
    }

    EventLoop loop;
    UniqueFd read_end;
    UniqueFd write_end;
    UniqueFd host;
    UniqueFd stream;
    int finished = 0;
    std::unique_ptr<Relay> relay;
};

TEST_CASE("relay: output reaches the host, and its end is the stream's end") {
    Fixture f;
    f.output();
    REQUIRE(write_full(f.write_end.get(), bytes_of("hello")).ok());
    f.settle();
    CHECK(available(f.host.get()) == "hello");
    CHECK(f.finished == 0);
    f.write_end.reset();
    f.settle();
    CHECK(at_end(f.host.get()));
    CHECK(f.finished == 1);
    CHECK(f.relay->done());
}

TEST_CASE("relay: the host's half-close is the process's end of input") {
    Fixture f;
    f.input();
    REQUIRE(write_full(f.host.get(), bytes_of("input")).ok());
    REQUIRE(::shutdown(f.host.get(), SHUT_WR) == 0);
    f.settle();
    CHECK(available(f.read_end.get()) == "input");
    CHECK(at_end(f.read_end.get()));
    CHECK(f.finished == 1);
}

TEST_CASE("relay: a process that closed its input makes the host's next write fail") {
    Fixture f;
    f.input();
    f.read_end.reset();
    REQUIRE(write_full(f.host.get(), bytes_of("unwanted")).ok());
    f.settle();
    CHECK(f.finished == 1);
    CHECK(::write(f.host.get(), "x", 1) == -1);
    CHECK(errno == EPIPE);
}

TEST_CASE("relay: a host that is gone closes the process's pipe") {
    Fixture f;
    f.output();
    f.host.reset();
    REQUIRE(write_full(f.write_end.get(), bytes_of("lost")).ok());
    f.settle();
    CHECK(f.finished == 1);
    CHECK(::write(f.write_end.get(), "x", 1) == -1);
    CHECK(errno == EPIPE);
}

TEST_CASE("relay: a slow reader holds the writer back, and nothing is lost") {
    Fixture f;
    f.output();
    constexpr std::size_t kTotal = std::size_t{8} * 1024 * 1024;
    std::string received;
    std::thread writer([fd = f.write_end.get()] {
        std::string block(9973, '\0');
        std::size_t sent = 0;
        while (sent < kTotal) {
            const std::size_t size = std::min(block.size(), kTotal - sent);
            for (std::size_t i = 0; i < size; ++i) block[i] = static_cast<char>((sent + i) % 251);
            if (!write_full(fd, bytes_of(std::string_view(block).substr(0, size)))) return;
            sent += size;
        }
    });
    while (received.size() < kTotal) {
        f.settle();
        received += available(f.host.get());
    }
    writer.join();
    bool same = received.size() == kTotal;
    for (std::size_t i = 0; same && i < kTotal; ++i)
        same = received[i] == static_cast<char>(i % 251);
    CHECK(same);
}

TEST_CASE("relay: finish copies what is there and does not wait for others who keep the pipe") {
    Fixture f;
    f.output();
    REQUIRE(write_full(f.write_end.get(), bytes_of("last words")).ok());
    f.relay->finish();
    REQUIRE(write_full(f.write_end.get(), bytes_of("a grandchild's")).ok());
    f.settle();
    CHECK(f.finished == 1);
    CHECK(available(f.host.get()) == "last words");
    CHECK(at_end(f.host.get()));
}

TEST_CASE("relay: finish with nothing to copy ends at once") {
    Fixture f;
    f.output();
    f.settle();
    f.relay->finish();
    f.settle();
    CHECK(f.finished == 1);
}

TEST_CASE("relay: finish still waits for a full sink") {
    Fixture f;
    f.output();
    const int small = 4096;
    // Filled by the relay until neither socket nor pipe takes more.
    REQUIRE(::setsockopt(f.host.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
    REQUIRE(set_nonblocking(f.write_end.get()).ok());
    std::size_t sent = 0;
    const std::string block(4096, 'x');
    for (int idle = 0; idle < 3;) {
        const ssize_t wrote = ::write(f.write_end.get(), block.data(), block.size());
        if (wrote > 0) sent += static_cast<std::size_t>(wrote);
        idle = wrote > 0 ? 0 : idle + 1;
        f.settle();
    }
    f.relay->finish();
    f.settle();
    CHECK(f.finished == 0);
    std::size_t received = 0;
    while (f.finished == 0) {
        received += available(f.host.get()).size();
        f.settle();
    }
    received += available(f.host.get()).size();
    CHECK(received == sent);
}

TEST_CASE("relay: two sockets, which splice cannot join, are copied") {
    Fixture f;
    auto other = make_socketpair(SOCK_STREAM).value();
    f.relay = std::make_unique<Relay>(f.loop, std::move(f.stream), std::move(other.second),
                                      [&] { ++f.finished; });
    REQUIRE(write_full(f.host.get(), bytes_of("across")).ok());
    f.settle();
    CHECK(available(other.first.get()) == "across");
}

TEST_CASE("process streams: a stream that the host does not want is /dev/null") {
    EventLoop loop;
    ProcessStreams streams(loop, {});
    const auto ends = streams.make_pipes();
    REQUIRE(ends.ok());
    CHECK(at_end((*ends)[0].get()));
    CHECK(write_full((*ends)[1].get(), bytes_of("nowhere")).ok());
    streams.start();
    bool drained = false;
    streams.finish([&] { drained = true; });
    CHECK(drained);
}

TEST_CASE("relay: a held one survives a broken sink, and gives what waits to the next one") {
    Fixture f;
    f.output();
    f.settle();
    CHECK(f.relay->waits());
    f.relay->hold();
    REQUIRE(write_full(f.write_end.get(), bytes_of("waits")).ok());
    f.host.reset();
    f.settle();
    CHECK(f.finished == 0);
    CHECK_FALSE(f.relay->waits());
    auto next = make_socketpair(SOCK_STREAM).value();
    f.relay->replace_sink(std::move(next.second));
    f.settle();
    CHECK(available(next.first.get()).empty());
    f.relay->release();
    f.settle();
    CHECK(available(next.first.get()) == "waits");
    f.write_end.reset();
    f.settle();
    CHECK(at_end(next.first.get()));
    CHECK(f.finished == 1);
}

TEST_CASE("relay: a held input takes its bytes from the next source") {
    Fixture f;
    f.input();
    f.relay->hold();
    f.host.reset();
    auto next = make_socketpair(SOCK_STREAM).value();
    f.relay->replace_source(std::move(next.second));
    f.relay->release();
    REQUIRE(write_full(next.first.get(), bytes_of("input")).ok());
    f.settle();
    CHECK(available(f.read_end.get()) == "input");
    CHECK(f.finished == 0);
}

TEST_CASE("relay: a held one goes on as it was, and drains when it is to finish") {
    Fixture f;
    f.output();
    f.relay->hold();
    REQUIRE(write_full(f.write_end.get(), bytes_of("one")).ok());
    f.relay->release();
    f.settle();
    CHECK(available(f.host.get()) == "one");
    f.relay->hold();
    REQUIRE(write_full(f.write_end.get(), bytes_of("two")).ok());
    f.settle();
    CHECK(available(f.host.get()).empty());
    f.relay->finish();
    f.settle();
    CHECK(available(f.host.get()) == "two");
    CHECK(f.finished == 1);
}

TEST_CASE("streams that have no host any more are closed") {
    Fixture f;
    ProcessStreams streams(f.loop, {UniqueFd(), std::move(f.stream), UniqueFd()});
    auto ends = streams.make_pipes().value();
    streams.start();
    streams.hold();
    streams.disconnect();
    CHECK(::write(ends[1].get(), "x", 1) < 0);
    CHECK(errno == EPIPE);
    bool drained = false;
    streams.finish([&drained] { drained = true; });
    CHECK(drained);
}

TEST_CASE("streams go on with another host, and where it has none they end") {
    Fixture f;
    auto errors = make_socketpair(SOCK_STREAM).value();
    ProcessStreams streams(f.loop, {UniqueFd(), std::move(f.stream), std::move(errors.second)});
    auto ends = streams.make_pipes().value();
    streams.start();
    f.settle();
    CHECK(streams.waiting());
    streams.hold();
    auto next = make_socketpair(SOCK_STREAM).value();
    streams.reconnect({UniqueFd(), std::move(next.second), UniqueFd()});
    streams.release();
    REQUIRE(write_full(ends[1].get(), bytes_of("output")).ok());
    f.settle();
    CHECK(available(next.first.get()) == "output");
    CHECK(available(f.host.get()).empty());
    CHECK(::write(ends[2].get(), "x", 1) < 0);
}

}  // namespace
}  // namespace bulkhead::agent
