// The launcher: a small process with one thread, forked from the agent before the agent has any
// other thread. It creates the processes of the container (copying a process that runs gRPC's
// threads would be unsafe), as children of the agent, so that the agent alone reaps.
#pragma once

#include <sys/types.h>

#include "base/packet_channel.h"
#include "base/result.h"
#include "guest-agent/launch/request.h"

namespace bulkhead::agent {

// The agent's side. Thread: loop.
class Launcher {
  public:
    // Forks it. Call it while the process has one thread.
    static Result<Launcher> fork();

    [[nodiscard]] pid_t pid() const { return pid_; }

    // Hands a request over; what becomes of it is told on the status channel.
    Result<void> launch(const LaunchRequest& request, const v1::StartRequest& start) {
        return send_launch(channel_, request, start);
    }

  private:
    Launcher(pid_t pid, PacketChannel channel) : pid_(pid), channel_(std::move(channel)) {}

    pid_t pid_;
    PacketChannel channel_;
};

}  // namespace bulkhead::agent
