#include "base/event_loop.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

using namespace bulkhead;
using namespace std::chrono_literals;

namespace {

constexpr std::array<std::byte, 1> kOneByte = {std::byte{1}};

}  // namespace

TEST_CASE("a watch is level-triggered: it repeats while bytes are unread") {
    auto pipe = make_pipe();
    REQUIRE(pipe.ok());
    EventLoop loop;
    int calls = 0;
    auto watch = loop.watch(pipe->first.get(), EventLoop::Interest::Read, [&] {
        if (++calls == 3) loop.stop();
    });
    REQUIRE(write_full(pipe->second.get(), kOneByte).ok());
    loop.run();
    CHECK(calls == 3);
}

TEST_CASE("a watch fires again for bytes that come after a read") {
    auto pipe = make_pipe();
    REQUIRE(pipe.ok());
    EventLoop loop;
    int read_bytes = 0;
    auto watch = loop.watch(pipe->first.get(), EventLoop::Interest::Read, [&] {
        std::array<std::byte, 1> buffer{};
        REQUIRE(read_full(pipe->first.get(), buffer).ok());
        if (++read_bytes == 2) return loop.stop();
        REQUIRE(write_full(pipe->second.get(), kOneByte).ok());
    });
    REQUIRE(write_full(pipe->second.get(), kOneByte).ok());
    loop.run();
    CHECK(read_bytes == 2);
}

TEST_CASE("a destroyed watch never calls back and leaves the descriptor open") {
    auto pipe = make_pipe();
    REQUIRE(pipe.ok());
    EventLoop loop;
    bool called = false;
    auto watch = loop.watch(pipe->first.get(), EventLoop::Interest::Read, [&] { called = true; });
    REQUIRE(write_full(pipe->second.get(), kOneByte).ok());
    watch.reset();
    CHECK_FALSE(watch.active());
    loop.poll();
    CHECK_FALSE(called);
    std::array<std::byte, 1> buffer{};
    CHECK(*read_full(pipe->first.get(), buffer) == 1);
}

TEST_CASE("a watch may destroy itself in its own callback") {
    auto pipe = make_pipe();
    REQUIRE(pipe.ok());
    EventLoop loop;
    int calls = 0;
    EventLoop::Handle watch;
    watch = loop.watch(pipe->first.get(), EventLoop::Interest::Read, [&] {
        ++calls;
        watch.reset();
        loop.post([&] { loop.stop(); });
    });
    REQUIRE(write_full(pipe->second.get(), kOneByte).ok());
    loop.run();
    CHECK(calls == 1);
}

TEST_CASE("a descriptor can be watched again after its handle is gone") {
    auto pipe = make_pipe();
    REQUIRE(pipe.ok());
    EventLoop loop;
    loop.watch(pipe->first.get(), EventLoop::Interest::Read, [] {}).reset();
    bool called = false;
    auto second = loop.watch(pipe->first.get(), EventLoop::Interest::Read, [&] {
        called = true;
        loop.stop();
    });
    REQUIRE(write_full(pipe->second.get(), kOneByte).ok());
    loop.run();
    CHECK(called);
}

TEST_CASE("a hang-up counts as ready") {
    auto pipe = make_pipe();
    REQUIRE(pipe.ok());
    EventLoop loop;
    bool called = false;
    auto watch = loop.watch(pipe->first.get(), EventLoop::Interest::Read, [&] {
        called = true;
        loop.stop();
    });
    pipe->second.reset();
    loop.run();
    CHECK(called);
}

TEST_CASE("timers fire once, in order of time, unless they are reset") {
    EventLoop loop;
    std::vector<int> fired;
    auto late = loop.after(20ms, [&] {
        fired.push_back(2);
        loop.stop();
    });
    auto early = loop.after(1ms, [&] { fired.push_back(1); });
    auto never = loop.after(2ms, [&] { fired.push_back(99); });
    never.reset();
    loop.run();
    CHECK(fired == std::vector<int>{1, 2});
}

TEST_CASE("work posted by other threads runs on the loop thread") {
    EventLoop loop;
    std::atomic<int> count = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 100; ++j) {
                loop.post([&] {
                    if (loop.on_loop_thread() && ++count == 400) loop.stop();
                });
            }
        });
    }
    loop.run();
    for (std::thread& thread : threads) thread.join();
    CHECK(count == 400);
    CHECK_FALSE(loop.on_loop_thread());
}

TEST_CASE("run_and_wait returns after the work is done") {
    EventLoop loop;
    int value = 0;
    bool waited_for = false;
    std::thread other([&] {
        for (int i = 0; i < 50; ++i) loop.run_and_wait([&] { ++value; });
        waited_for = value == 50;
        loop.stop();
    });
    loop.run();
    other.join();
    CHECK(waited_for);
}
