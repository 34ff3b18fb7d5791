#include "host/engine/life_limits.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace bulkhead::engine {

namespace {

// How often it is looked at, for each time limit: the end may come so much later than it should.
constexpr int kLooks = 10;
constexpr std::chrono::milliseconds kShortestPause{100};

std::string seconds_text(std::chrono::nanoseconds time) {
    return concat(std::chrono::duration_cast<std::chrono::seconds>(time).count(), " s");
}

}  // namespace

LifeLimits::LifeLimits(EventLoop& loop, Limits limits, std::function<Activity()> look,
                       std::function<void(const std::string&)> on_end)
    : loop_(loop),
      limits_(limits),
      look_(std::move(look)),
      on_end_(std::move(on_end)),
      active_(std::chrono::steady_clock::now()) {
    if (limits_.ttl != limits_.ttl.zero()) {
        ttl_timer_ = loop_.after(limits_.ttl, [this] {
            idle_timer_.reset();
            on_end_(concat("its time to live (", seconds_text(limits_.ttl), ") is over"));
        });
    }
    if (limits_.idle != limits_.idle.zero()) look_soon();
}

void LifeLimits::look_soon() {
    const auto pause = std::max<std::chrono::nanoseconds>(limits_.idle / kLooks, kShortestPause);
    idle_timer_ = loop_.after(pause, [this] { look(); });
}

void LifeLimits::look() {
    const Activity now = look_();
    const auto time = std::chrono::steady_clock::now();
    if (now.busy || std::exchange(bytes_, now.bytes) != now.bytes) active_ = time;
    if (time - active_ < limits_.idle) return look_soon();
    ttl_timer_.reset();
    on_end_(concat("it was idle for ", seconds_text(limits_.idle)));
}

}  // namespace bulkhead::engine
