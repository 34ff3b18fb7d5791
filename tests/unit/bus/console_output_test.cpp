#include "vmm/bus/console_output.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::bus {
namespace {

void print(ConsoleOutput& console, const std::string& text) {
    for (const char c : text) console.put(static_cast<std::byte>(c));
}

// What can be read from a non-blocking descriptor now.
std::string drain(int fd) {
    std::string text(1 << 20, '\0');
    const ssize_t count = ::read(fd, text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

struct Pipe {
    UniqueFd read_end;
    UniqueFd write_end;

    Pipe() {
        auto ends = make_pipe();
        REQUIRE(ends);
        read_end = std::move(ends->first);
        write_end = std::move(ends->second);
        REQUIRE(set_nonblocking(read_end.get()));
        REQUIRE(set_nonblocking(write_end.get()));
    }
};

TEST_CASE("bytes put from another thread come out in order") {
    Pipe pipe;
    EventLoop loop;
    ConsoleOutput console(loop, std::move(pipe.write_end));
    std::thread guest([&] { print(console, "Linux version 6.12\n"); });
    guest.join();
    const auto stop = loop.after(ConsoleOutput::kFlushDelay * 4, [&] { loop.stop(); });
    loop.run();
    CHECK(drain(pipe.read_end.get()) == "Linux version 6.12\n");
    CHECK(console.dropped() == 0);
}

TEST_CASE("without a descriptor bytes are dropped and not counted") {
    EventLoop loop;
    ConsoleOutput console(loop, UniqueFd());
    print(console, "hello");
    console.flush();
    CHECK(console.dropped() == 0);
    CHECK(loop.poll() == 0);
}

TEST_CASE("a reader that does not read costs bytes, which are counted, and bounded memory") {
    Pipe pipe;
    REQUIRE(::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, 4096) == 4096);
    EventLoop loop;
    ConsoleOutput console(loop, std::move(pipe.write_end));
    constexpr std::size_t kFlood = ConsoleOutput::kMaxPending * 4;
    for (std::size_t i = 0; i < kFlood; ++i) {
        console.put(static_cast<std::byte>(i));
        if (i % 1000 == 0) console.flush();
    }
    CHECK(console.dropped() >= kFlood - ConsoleOutput::kMaxPending - 4096);
    std::size_t received = 0;
    while (received + console.dropped() < kFlood) {
        console.flush();
        received += drain(pipe.read_end.get()).size();
    }
    CHECK(received + console.dropped() == kFlood);
    CHECK(received <= ConsoleOutput::kMaxPending + 4096);
}

TEST_CASE("output goes on when the reader reads again") {
    Pipe pipe;
    REQUIRE(::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, 4096) == 4096);
    EventLoop loop;
    ConsoleOutput console(loop, std::move(pipe.write_end));
    const std::string text(10'000, 'x');
    print(console, text);
    console.flush();
    std::string received;
    while (received.size() < text.size()) {
        received += drain(pipe.read_end.get());
        loop.poll();
    }
    CHECK(received == text);
    CHECK(console.dropped() == 0);
}

TEST_CASE("a reader that has gone is given up") {
    Pipe pipe;
    EventLoop loop;
    ConsoleOutput console(loop, std::move(pipe.write_end));
    pipe.read_end.reset();
    print(console, "lost");
    ::signal(SIGPIPE, SIG_IGN);
    console.flush();
    print(console, "too");
    CHECK(console.dropped() == 7);
}

TEST_CASE("what does not fit at the end is counted") {
    Pipe pipe;
    REQUIRE(::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, 4096) == 4096);
    EventLoop loop;
    ConsoleOutput console(loop, std::move(pipe.write_end));
    print(console, std::string(10'000, 'x'));
    console.finish();
    print(console, "late");
    CHECK(drain(pipe.read_end.get()).size() == 4096);
    CHECK(console.dropped() == 10'000 - 4096 + 4);
}

TEST_CASE("a regular file takes everything") {
    EventLoop loop;
    UniqueFd file(::memfd_create("console", MFD_CLOEXEC));
    const auto copy = duplicate(file.get());
    REQUIRE(copy);
    ConsoleOutput console(loop, std::move(file));
    print(console, std::string(10'000, 'y'));
    console.flush();
    CHECK(file_size(copy->get()).value() == 10'000);
}

}  // namespace
}  // namespace bulkhead::bus
