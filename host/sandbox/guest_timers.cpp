#include "host/sandbox/guest_timers.h"

#include <utility>

namespace bulkhead::sandbox {

void GuestTimers::resume() {
    paused_ = false;
    ++resumed_;
}

void GuestTimers::start(EventLoop::Handle& timer, std::chrono::nanoseconds most,
                        std::function<void()> expired) {
    timer = loop_.after(
        most, [this, &timer, most, expired = std::move(expired), resumed = resumed_]() mutable {
            if (!paused_ && resumed == resumed_) return expired();
            start(timer, most, std::move(expired));
        });
}

}  // namespace bulkhead::sandbox
