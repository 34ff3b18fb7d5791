// Reaps every child, the orphans that fall to PID 1 included. Thread: loop.
#pragma once

#include <sys/types.h>

#include <functional>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "guest-agent/container/process.h"

namespace bulkhead::agent {

class Reaper {
  public:
    // Runs before each child is reaped, when it has ended.
    using Before = std::function<void()>;
    using Ended = std::function<void(pid_t, ExitStatus)>;

    // Blocks SIGCHLD for this thread and those it starts later: call it before there are others.
    static Result<UniqueFd> make_signal_source();

    Reaper(EventLoop& loop, UniqueFd signal_source, Before before, Ended ended);

  private:
    void reap();

    UniqueFd source_;
    Before before_;
    Ended ended_;
    EventLoop::Handle watch_;  // last: must go first
};

}  // namespace bulkhead::agent
