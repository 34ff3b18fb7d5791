// Ends a container that has lived long enough, or that nobody uses: --ttl and --idle-timeout.
// Thread: loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/event_loop.h"

namespace bulkhead::engine {

class LifeLimits {
  public:
    struct Limits {
        std::chrono::nanoseconds ttl{};   // 0: none
        std::chrono::nanoseconds idle{};  // 0: none
    };

    struct Activity {
        std::uint64_t bytes = 0;  // moved so far
        bool busy = false;        // whatever the bytes say
    };

    // `on_end` is called once, with the reason.
    LifeLimits(EventLoop& loop, Limits limits, std::function<Activity()> look,
               std::function<void(const std::string& why)> on_end);
    LifeLimits(const LifeLimits&) = delete;
    LifeLimits& operator=(const LifeLimits&) = delete;
    ~LifeLimits() = default;

  private:
    void look_soon();
    void look();

    EventLoop& loop_;
    Limits limits_;
    std::function<Activity()> look_;
    std::function<void(const std::string&)> on_end_;
    std::uint64_t bytes_ = 0;
    std::chrono::steady_clock::time_point active_;
    EventLoop::Handle ttl_timer_;
    EventLoop::Handle idle_timer_;
};

}  // namespace bulkhead::engine
