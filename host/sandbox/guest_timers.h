// Time limits for what a guest's agent owes at once, so that one that lies keeps nobody waiting.
// A guest that was paused meanwhile could do nothing, and gets all of the time again. Thread: loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/event_loop.h"

namespace bulkhead::sandbox {

// For no work that may be long, only for what an honest agent does in moments; a host that is
// overloaded stretches those.
struct GuestPatience {
    std::chrono::nanoseconds stream = std::chrono::seconds(30);  // to open one
    std::chrono::nanoseconds answer =
        std::chrono::minutes(2);  // to answer, with nothing left to do
};

class GuestTimers {
  public:
    GuestTimers(EventLoop& loop, GuestPatience patience) : loop_(loop), patience_(patience) {}

    GuestTimers(const GuestTimers&) = delete;
    GuestTimers& operator=(const GuestTimers&) = delete;
    ~GuestTimers() = default;

    // `timer` stays where it is until it is reset or `expired` is called, which may destroy it.
    void await_stream(EventLoop::Handle& timer, std::function<void()> expired) {
        start(timer, patience_.stream, std::move(expired));
    }

    void await_answer(EventLoop::Handle& timer, std::function<void()> expired) {
        start(timer, patience_.answer, std::move(expired));
    }

    void pause() { paused_ = true; }

    void resume();

  private:
    void start(EventLoop::Handle& timer, std::chrono::nanoseconds most,
               std::function<void()> expired);

    EventLoop& loop_;
    GuestPatience patience_;
    bool paused_ = false;
    std::uint64_t resumed_ = 0;  // so many times
};

}  // namespace bulkhead::sandbox
