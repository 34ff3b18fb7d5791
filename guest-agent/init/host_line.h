// The agent's line to its host: one connection at a time. When it breaks while the machine may have
// been saved and restored, the host is another one, and is dialled; otherwise the host is gone.
//
//   call() -> Connected --broken, and redials() --> dialled again --> Connected
//                     \--broken, or the dial fails --> on_lost(), once
//
// Thread: loop.
#pragma once

#include <functional>
#include <memory>

#include "base/event_loop.h"
#include "base/result.h"
#include "guest-agent/init/host_connection.h"
#include "guest-agent/stdio/dialer.h"

namespace bulkhead::agent {

class HostLine {
  public:
    struct Parts {
        EventLoop& loop;
        StreamDialer& dialer;
        std::function<void(UniqueFd)> serve;  // each connection
        std::function<bool()> redials;        // whether another host may be there
        std::function<void()> on_lost;
    };

    explicit HostLine(Parts parts) : parts_(std::move(parts)) {}

    Result<void> call();

    // As HostConnection has it; once there is one.
    void when_sent(std::function<void()> on_sent) { connection_->when_sent(std::move(on_sent)); }

  private:
    void on_broken();

    Parts parts_;
    std::unique_ptr<HostConnection> connection_;
};

}  // namespace bulkhead::agent
