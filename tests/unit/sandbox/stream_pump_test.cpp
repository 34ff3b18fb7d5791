#include "host/sandbox/stream_pump.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::sandbox {

namespace {

using Pipe = std::pair<UniqueFd, UniqueFd>;

std::string random_text(std::size_t size) {
    std::mt19937_64 random(size);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t count = ::read(fd, buffer.data(), buffer.size()); count > 0;
         count = ::read(fd, buffer.data(), buffer.size()))
        text.append(buffer.data(), static_cast<std::size_t>(count));
    return text;
}

void write_all(int fd, const std::string& text) {
    static_cast<void>(write_full(fd, std::as_bytes(std::span(text))));
}

StreamEnd host_end(int fd, Direction direction) {
    return StreamEnd::of_host(fd, direction).value();
}

StreamEnd socket_end(UniqueFd fd) {
    return StreamEnd::of_socket(std::move(fd)).value();
}

// Runs until the pump is done; the pump and its ends are gone then.
class PumpRun {
  public:
    PumpRun(StreamEnd source, StreamEnd sink) {
        ::signal(SIGPIPE, SIG_IGN);
        pump_ = std::make_unique<StreamPump>(loop_, std::move(source), std::move(sink), [this] {
            count_ = pump_->count();
            pump_.reset();
            loop_.stop();
        });
    }

    std::uint64_t run() {
        loop_.run();
        return count_;
    }

    // What can be done now, without waiting.
    void turn() {
        for (int i = 0; i < 100; ++i) loop_.poll();
    }

    [[nodiscard]] const StreamPump& pump() const { return *pump_; }

  private:
    EventLoop loop_;
    std::unique_ptr<StreamPump> pump_;
    std::uint64_t count_ = 0;
};

}  // namespace

TEST_CASE("bytes pass from a pipe to a socket and the end of file with them") {
    Pipe input = make_pipe().value();
    Pipe stream = make_socketpair(SOCK_STREAM).value();
    PumpRun run(host_end(input.first.get(), Direction::Read), socket_end(std::move(stream.first)));
    const std::string text = random_text(3'000'000);
    std::thread writer([&] {
        write_all(input.second.get(), text);
        input.second.reset();
    });
    std::string received;
    std::thread reader([&] { received = read_all(stream.second.get()); });
    CHECK(run.run() == text.size());
    writer.join();
    reader.join();
    CHECK(received == text);
}

TEST_CASE("the end of input closes one direction of the stream only") {
    Pipe input = make_pipe().value();
    Pipe stream = make_socketpair(SOCK_STREAM).value();
    const UniqueFd other = duplicate(stream.first.get()).value();
    PumpRun run(host_end(input.first.get(), Direction::Read), socket_end(std::move(stream.first)));
    input.second.reset();
    CHECK(run.run() == 0);
    char byte = 0;
    CHECK(::read(stream.second.get(), &byte, 1) == 0);
    write_all(stream.second.get(), "x");
    CHECK(::read(other.get(), &byte, 1) == 1);
}

TEST_CASE("a slow reader stops the pump instead of filling memory") {
    Pipe stream = make_socketpair(SOCK_STREAM).value();
    Pipe output = make_pipe().value();
    PumpRun run(socket_end(std::move(stream.first)),
                host_end(output.second.get(), Direction::Write));
    output.second.reset();
    REQUIRE(set_nonblocking(stream.second.get()));
    const std::string text = random_text(16U << 20U);
    std::size_t sent = 0;
    for (int i = 0; i < 50; ++i) {
        const ssize_t count = ::write(stream.second.get(), text.data() + sent, text.size() - sent);
        if (count > 0) sent += static_cast<std::size_t>(count);
        run.turn();
    }
    // A pipe, a socket's buffer and one buffer of ours; nothing in between grows.
    CHECK(sent < (2U << 20U));
    CHECK_FALSE(run.pump().waits_for_source());
    std::string received;
    std::thread reader([&] { received = read_all(output.first.get()); });
    stream.second.reset();
    run.run();
    reader.join();
    CHECK(received == text.substr(0, sent));
}

TEST_CASE("a reader that goes away ends the pump, and the writer learns of it") {
    Pipe stream = make_socketpair(SOCK_STREAM).value();
    Pipe output = make_pipe().value();
    PumpRun run(socket_end(std::move(stream.first)),
                host_end(output.second.get(), Direction::Write));
    output.second.reset();
    output.first.reset();
    write_all(stream.second.get(), "nobody reads this");
    run.run();
    CHECK(::send(stream.second.get(), "x", 1, MSG_NOSIGNAL) < 0);
    CHECK(errno == EPIPE);
}

TEST_CASE("files can be source and sink, though epoll takes none") {
    std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    const std::filesystem::path folder = pattern;
    const std::string text = random_text(300'000);
    std::ofstream(folder / "in") << text;
    const UniqueFd in = open_file(folder / "in", O_RDONLY).value();
    const UniqueFd out = open_file(folder / "out", O_RDWR | O_CREAT | O_TRUNC, 0600).value();
    PumpRun run(host_end(in.get(), Direction::Read), host_end(out.get(), Direction::Write));
    CHECK(run.run() == text.size());
    CHECK(read_file(folder / "out", 1U << 20U).value() == text);
    std::filesystem::remove_all(folder);
}

TEST_CASE("/dev/null swallows everything, and is empty as a source") {
    const UniqueFd null = open_file("/dev/null", O_RDWR).value();
    Pipe stream = make_socketpair(SOCK_STREAM).value();
    PumpRun swallow(socket_end(std::move(stream.first)), host_end(null.get(), Direction::Write));
    const std::string text = random_text(100'000);
    write_all(stream.second.get(), text);
    stream.second.reset();
    CHECK(swallow.run() == text.size());
    Pipe other = make_socketpair(SOCK_STREAM).value();
    PumpRun empty(host_end(null.get(), Direction::Read), socket_end(std::move(other.first)));
    CHECK(empty.run() == 0);
}

TEST_CASE("our descriptors stay blocking for those who share them") {
    Pipe pipe = make_pipe().value();
    const StreamEnd end = host_end(pipe.first.get(), Direction::Read);
    CHECK((::fcntl(pipe.first.get(), F_GETFL) & O_NONBLOCK) == 0);
    std::array<std::byte, 8> buffer{};
    CHECK(end.read(buffer).kind == StreamEnd::Transfer::Kind::WouldBlock);
}

TEST_CASE("a socket that is shared is read and written without blocking") {
    Pipe pair = make_socketpair(SOCK_STREAM).value();
    const StreamEnd end = host_end(pair.first.get(), Direction::Write);
    CHECK((::fcntl(pair.first.get(), F_GETFL) & O_NONBLOCK) == 0);
    const std::vector<std::byte> block(65536);
    auto last = StreamEnd::Transfer::Kind::Moved;
    for (int i = 0; i < 10'000 && last == StreamEnd::Transfer::Kind::Moved; ++i)
        last = end.write(block).kind;
    CHECK(last == StreamEnd::Transfer::Kind::WouldBlock);
}

}  // namespace bulkhead::sandbox
