#include "vmm/block/io_workers.h"

#include <atomic>
#include <latch>
#include <memory>

#include <catch2/catch.hpp>

namespace bulkhead::block {
namespace {

std::unique_ptr<IoWorkers> start(EventLoop& loop, unsigned int threads,
                                 std::function<void()> on_thread_start = {}) {
    auto workers = IoWorkers::create(loop, threads, std::move(on_thread_start));
    REQUIRE(workers.ok());
    return std::move(workers).value();
}

TEST_CASE("work runs on a worker and its end on the loop thread") {
    EventLoop loop;
    std::atomic<int> started = 0;
    const auto workers = start(loop, 2, [&] { ++started; });
    const auto loop_thread = std::this_thread::get_id();
    std::atomic<int> wrong_thread = 0;
    int finished = 0;
    constexpr int kJobs = 100;
    for (int i = 0; i < kJobs; ++i) {
        workers->submit({.owner = nullptr,
                         .work =
                             [&] {
                                 if (std::this_thread::get_id() == loop_thread) ++wrong_thread;
                             },
                         .done =
                             [&] {
                                 if (std::this_thread::get_id() != loop_thread) ++wrong_thread;
                                 if (++finished == kJobs) loop.stop();
                             }});
    }
    loop.run();
    CHECK(finished == kJobs);
    CHECK(wrong_thread == 0);
    CHECK(started >= 1);
}

TEST_CASE("drain waits for running work and no end is delivered afterwards") {
    EventLoop loop;
    const auto workers = start(loop, 1);
    const int mine = 0;
    const int other = 0;
    std::latch running(1);
    std::latch go_on(1);
    std::atomic<bool> work_ended = false;
    int my_ends = 0;
    int other_ends = 0;
    int never = 0;
    workers->submit({.owner = &mine,
                     .work =
                         [&] {
                             running.count_down();
                             go_on.wait();
                             work_ended = true;
                         },
                     .done = [&] { ++my_ends; }});
    // The work that runs can end only when the work behind it has been dropped.
    std::shared_ptr<void> dropped(nullptr, [&](void*) { go_on.count_down(); });
    workers->submit({.owner = &mine,
                     .work = [&never, dropped = std::move(dropped)] { ++never; },
                     .done = [&] { ++my_ends; }});
    workers->submit({.owner = &other,
                     .work = [] {},
                     .done =
                         [&] {
                             ++other_ends;
                             loop.stop();
                         }});
    running.wait();
    workers->drain(&mine);
    CHECK(work_ended);
    loop.run();
    CHECK(my_ends == 0);
    CHECK(never == 0);
    CHECK(other_ends == 1);
}

TEST_CASE("an end may drain its own owner") {
    EventLoop loop;
    const auto workers = start(loop, 2);
    const int mine = 0;
    int ends = 0;
    for (int i = 0; i < 10; ++i) {
        workers->submit({.owner = &mine,
                         .work = [] {},
                         .done =
                             [&] {
                                 ++ends;
                                 workers->drain(&mine);
                                 loop.stop();
                             }});
    }
    loop.run();
    while (loop.poll() > 0) {
    }
    CHECK(ends == 1);
}

TEST_CASE("workers end with work still queued") {
    EventLoop loop;
    std::latch running(1);
    std::latch go_on(1);
    std::atomic<int> ran = 0;
    {
        const auto workers = start(loop, 1);
        workers->submit({.owner = nullptr,
                         .work =
                             [&] {
                                 running.count_down();
                                 go_on.wait();
                                 ++ran;
                             },
                         .done = [] { FAIL(); }});
        // As above: released when the last of them has been dropped.
        std::shared_ptr<void> dropped(nullptr, [&](void*) { go_on.count_down(); });
        for (int i = 0; i < 1000; ++i)
            workers->submit(
                {.owner = nullptr, .work = [&ran, dropped] { ++ran; }, .done = [] { FAIL(); }});
        dropped.reset();
        running.wait();
    }
    while (loop.poll() > 0) {
    }
    CHECK(ran == 1);
}

}  // namespace
}  // namespace bulkhead::block
