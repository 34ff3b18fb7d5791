// What a process that is being set up tells the agent, over a socket pair that is closed on exec:
// first its pid (sent by the launcher), then perhaps that it is prepared and waits, then perhaps
// its terminal, then that it is about to execute the program, or why it cannot. The end of the
// channel after "ready" means that the program runs. Thread: any one at a time for each end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/packet_channel.h"
#include "base/result.h"
#include "guest-agent/launch/failure.h"

namespace bulkhead::agent {

struct StatusMessage {
    enum class Kind : std::uint8_t {
        Pid = 1,
        Terminal = 2,
        Ready = 3,
        Failure = 4,
        Result = 5,
        Prepared = 6,
    };
    Kind kind = Kind::Failure;
    pid_t pid = 0;          // Pid
    UniqueFd terminal;      // Terminal: the pseudo-terminal's controlling end
    LaunchFailure failure;  // Failure
    std::string result;     // Result: of work on files
};

class StatusChannel {
  public:
    explicit StatusChannel(UniqueFd socket) : channel_(std::move(socket)) {}

    [[nodiscard]] int fd() const { return channel_.fd(); }

    Result<void> send_pid(pid_t pid);
    Result<void> send_terminal(int terminal);
    Result<void> send_prepared();
    // These two use write(2) only, which every seccomp profile allows.
    Result<void> send_ready();
    Result<void> send_failure(const LaunchFailure& failure);

    Result<void> send_result(std::string_view result);

    // Nothing at the end of the channel. On a non-blocking socket with nothing to read: EAGAIN.
    Result<std::optional<StatusMessage>> receive();

  private:
    PacketChannel channel_;
};

}  // namespace bulkhead::agent
