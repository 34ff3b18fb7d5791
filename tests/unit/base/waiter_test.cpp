#include <sys/socket.h>

#include <array>
#include <span>
#include <vector>

#include <catch2/catch.hpp>

#include "base/event_loop.h"
#include "base/syscalls.h"

namespace bulkhead {

namespace {

using Interest = EventLoop::Interest;

// A socket of a pair, and what its waiter called back for.
class WaiterTest {
  public:
    WaiterTest() {
        auto pair = make_socketpair(SOCK_STREAM);
        REQUIRE(pair.ok());
        ours = std::move(pair->first);
        theirs = std::move(pair->second);
        waiter = loop.waiter(ours.get(), [this](Interest interest) { calls.push_back(interest); });
    }

    void settle() {
        while (loop.poll() > 0) {
        }
    }

    void write_byte() { REQUIRE(write_full(theirs.get(), std::as_bytes(std::span("x", 1))).ok()); }

    EventLoop loop;
    UniqueFd ours;
    UniqueFd theirs;
    std::vector<Interest> calls;
    EventLoop::Waiter waiter;
};

TEST_CASE_METHOD(WaiterTest, "a waiter that is not armed is not called") {
    write_byte();
    settle();
    CHECK(calls.empty());
}

TEST_CASE_METHOD(WaiterTest, "a waiter is called once each time it is armed") {
    write_byte();
    waiter.arm(Interest::Read);
    waiter.arm(Interest::Read);
    settle();
    CHECK(calls == std::vector{Interest::Read});
    // Still readable, so that arming again calls again.
    waiter.arm(Interest::Read);
    settle();
    CHECK(calls.size() == 2);
}

TEST_CASE_METHOD(WaiterTest, "both interests wait side by side") {
    waiter.arm(Interest::Read);
    waiter.arm(Interest::Write);
    settle();
    CHECK(calls == std::vector{Interest::Write});
    write_byte();
    settle();
    CHECK(calls == std::vector{Interest::Write, Interest::Read});
}

TEST_CASE_METHOD(WaiterTest, "a hang-up calls an armed waiter") {
    waiter.arm(Interest::Read);
    theirs.reset();
    settle();
    CHECK(calls == std::vector{Interest::Read});
}

TEST_CASE_METHOD(WaiterTest,
                 "a waiter that is reset is not called, and its descriptor stays open") {
    waiter.arm(Interest::Read);
    write_byte();
    waiter.reset();
    settle();
    CHECK(calls.empty());
    std::array<std::byte, 1> byte{};
    CHECK(read_full(ours.get(), byte).ok());
}

TEST_CASE_METHOD(WaiterTest, "a waiter may be destroyed from its callback") {
    write_byte();
    waiter = {};
    bool called = false;
    waiter = loop.waiter(ours.get(), [&](Interest) {
        called = true;
        waiter.reset();
    });
    waiter.arm(Interest::Read);
    settle();
    CHECK(called);
}

}  // namespace

}  // namespace bulkhead
