// One connection of the agent's to a host: served by gRPC; watched here, because its end means that
// the host is gone, or is another one (host_line.h). Thread: loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "guest-agent/stdio/dialer.h"

namespace bulkhead::agent {

class HostConnection {
  public:
    // `on_lost` runs once, when the host has closed its end or is gone.
    static Result<std::unique_ptr<HostConnection>> dial(EventLoop& loop, StreamDialer& dialer,
                                                        std::function<void()> on_lost);

    // The stream, to be served.
    Result<UniqueFd> stream() const;

    // Runs `on_sent` when the host has taken all that was written, or after a short while.
    void when_sent(std::function<void()> on_sent);

  private:
    HostConnection(EventLoop& loop, UniqueFd stream, UniqueFd hang_up,
                   std::function<void()> on_lost);

    void check_sent();

    EventLoop& loop_;
    UniqueFd stream_;
    UniqueFd hang_up_;  // an epoll instance that is readable when the stream has been hung up
    std::function<void()> on_lost_;
    std::function<void()> on_sent_;
    std::chrono::steady_clock::time_point give_up_;
    EventLoop::Handle lost_watch_;
    EventLoop::Handle sent_poll_;
};

}  // namespace bulkhead::agent
