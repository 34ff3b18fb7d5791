// Stops the processes of the container's cgroup for a while, and sees to it that they have stopped.
// Thread: loop.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "guest-agent/cgroup/cgroup.h"

namespace bulkhead::agent {

class Freezer {
  public:
    // A process that hangs in the kernel stops when that lets it go.
    static constexpr std::chrono::seconds kUsualMost{10};

    using Frozen = std::function<void(Result<void>)>;

    explicit Freezer(EventLoop& loop, std::chrono::nanoseconds most = kUsualMost)
        : loop_(loop), most_(most) {}

    // Calls back when no process runs any more; then thaw() is due. Or with an error when some
    // process does not stop in time, and then nothing is frozen on this caller's behalf.
    void freeze(const Cgroup& cgroup, Frozen frozen);

    // One of those who wanted it frozen is done; the last one's processes go on.
    void thaw(const Cgroup& cgroup);

    // The cgroup is about to be emptied: whoever waits is told that it ended.
    void give_up();

  private:
    static constexpr std::chrono::milliseconds kPoll{2};

    struct Waiter {
        Frozen frozen;
        std::chrono::steady_clock::time_point deadline;
    };

    void look();

    EventLoop& loop_;
    std::chrono::nanoseconds most_;
    int holders_ = 0;
    const Cgroup* cgroup_ = nullptr;  // while somebody waits
    std::vector<Waiter> waiters_;
    EventLoop::Handle poll_;
};

}  // namespace bulkhead::agent
