#include "vmm/limit/throttle.h"

#include <vector>

#include <catch2/catch.hpp>

namespace bulkhead::limit {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Runs the loop until `done`.
template <class Done>
void run_until(EventLoop& loop, Done done) {
    while (!done()) loop.poll();
}

TEST_CASE("without a limit nothing waits") {
    EventLoop loop;
    Throttle throttle(loop);
    for (int i = 0; i < 1000; ++i) CHECK(throttle.take(UINT64_MAX));
}

TEST_CASE("what comes too early waits, in order, for as long as the rate says") {
    EventLoop loop;
    Throttle throttle(loop);
    throttle.set_limit({.bytes = 0, .operations = 50});
    const auto begin = Clock::now();
    std::vector<int> begun;
    for (int i = 0; i < 15; ++i) {
        if (throttle.take(1)) {
            begun.push_back(i);
        } else {
            throttle.wait(&loop, 1, [&begun, i] { begun.push_back(i); });
        }
    }
    CHECK(begun.size() < 15);
    run_until(loop, [&] { return begun.size() == 15; });
    // 5 at once, and one each 20 ms.
    CHECK(Clock::now() - begin >= 190ms);
    for (int i = 0; i < 15; ++i) CHECK(begun[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("nothing overtakes what waits") {
    EventLoop loop;
    Throttle throttle(loop);
    throttle.set_limit({.bytes = 1000, .operations = 0});
    CHECK(throttle.take(200));
    bool begun = false;
    throttle.wait(&loop, 1, [&] { begun = true; });
    CHECK_FALSE(throttle.take(0));
    run_until(loop, [&] { return begun; });
}

TEST_CASE("what is charged afterwards closes it until the debt is paid") {
    EventLoop loop;
    Throttle throttle(loop);
    throttle.set_limit({.bytes = 1'000'000, .operations = 0});
    const auto begin = Clock::now();
    CHECK(throttle.open());
    throttle.charge(150'000, 1);  // the bucket holds 100'000
    CHECK_FALSE(throttle.open());
    int begun = 0;
    throttle.wait_until_open(&loop, [&] { ++begun; });
    throttle.wait_until_open(&loop, [&] { ++begun; });
    CHECK(begun == 0);
    run_until(loop, [&] { return begun > 0; });
    CHECK(begun == 2);  // nothing is counted for them
    CHECK(Clock::now() - begin >= 49ms);
    CHECK(throttle.open());
}

TEST_CASE("one that waits may wait again from its own turn") {
    EventLoop loop;
    Throttle throttle(loop);
    throttle.set_limit({.bytes = 0, .operations = 100});
    int rounds = 0;
    const std::function<void()> round = [&] {
        ++rounds;
        throttle.charge(0, 5);
        throttle.wait_until_open(&loop, round);
    };
    throttle.charge(0, 11);
    throttle.wait_until_open(&loop, round);
    run_until(loop, [&] { return rounds == 3; });
    throttle.drop(&loop);
}

TEST_CASE("a limit that is lifted lets everything through") {
    EventLoop loop;
    Throttle throttle(loop);
    throttle.set_limit({.bytes = 1, .operations = 0});
    CHECK(throttle.take(1'000'000'000));
    int begun = 0;
    for (int i = 0; i < 3; ++i) throttle.wait(&loop, 1, [&] { ++begun; });
    CHECK(begun == 0);
    throttle.set_limit({});
    CHECK(begun == 0);  // not from the caller's own call
    run_until(loop, [&] { return begun == 3; });
    CHECK(throttle.take(1));
}

TEST_CASE("what its owner drops never begins") {
    EventLoop loop;
    Throttle throttle(loop);
    throttle.set_limit({.bytes = 100, .operations = 0});
    CHECK(throttle.take(20));
    bool mine = false;
    bool others = false;
    const int me = 0;
    throttle.wait(&me, 1, [&] { mine = true; });
    throttle.wait(&loop, 1, [&] { others = true; });
    throttle.drop(&me);
    run_until(loop, [&] { return others; });
    CHECK_FALSE(mine);
}

TEST_CASE("an owner's may begin at once, in their order, and the others' later") {
    EventLoop loop;
    Throttle throttle(loop);
    throttle.set_limit({.bytes = 0, .operations = 50});
    while (throttle.take(1)) {
    }
    const int me = 0;
    const int other = 0;
    std::vector<int> begun;
    for (int i = 0; i < 6; ++i)
        throttle.wait(i % 2 == 0 ? &me : &other, 1, [&begun, i] { begun.push_back(i); });
    throttle.begin_all(&me);
    CHECK(begun == std::vector<int>{0, 2, 4});
    run_until(loop, [&] { return begun.size() == 6; });
    CHECK(begun == std::vector<int>{0, 2, 4, 1, 3, 5});
}

TEST_CASE("who begins may drop and wait again") {
    EventLoop loop;
    Throttle throttle(loop);
    throttle.set_limit({.bytes = 0, .operations = 1000});
    int begun = 0;
    std::function<void()> again = [&] {
        throttle.drop(&loop);
        if (++begun < 300 && !throttle.take(0))
            throttle.wait(&loop, 0, again);
        else if (begun < 300)
            again();
    };
    throttle.wait(&loop, 0, again);
    run_until(loop, [&] { return begun >= 300; });
}

}  // namespace
}  // namespace bulkhead::limit
