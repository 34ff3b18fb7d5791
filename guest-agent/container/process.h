// One process of the container: being set up, running, ended with output still on its way,
// finished.
//
//   launching --ready, end of status--> running --reaped--> draining --streams empty--> finished
//     |   ^ connect(): what it waited for
//     |   |
//     |--prepared: it may be another machine when it goes on
//       \--failure, or end of status without "ready"--> (the launch failed; the process is dropped)
//
// Thread: loop.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "guest-agent/launch/failure.h"
#include "guest-agent/launch/status_channel.h"
#include "guest-agent/stdio/process_streams.h"

namespace bulkhead::agent {

struct ExitStatus {
    int code = 0;
    int signal = 0;  // 0: it ended by itself, with `code`
};

class Process {
  public:
    // Nothing in it: the program runs.
    using Launched = std::function<void(std::optional<LaunchFailure>)>;

    Process(EventLoop& loop, std::string id, ProcessStreams::HostStreams host_streams);

    // Its ends of the standard streams, for the launch; none with a terminal.
    Result<std::array<UniqueFd, 3>> make_pipes() { return streams_.make_pipes(); }

    // The same for a process that is prepared first, and gets its streams with connect().
    Result<std::array<UniqueFd, 3>> make_pipes(const std::array<bool, 3>& wanted) {
        return streams_.make_pipes(wanted);
    }

    void connect(ProcessStreams::HostStreams host) { streams_.connect(std::move(host)); }

    // Follows the launch on the agent's end of the status channel. `prepared`: it waits, and goes
    // on from there.
    void follow(UniqueFd status, Launched launched, std::function<void()> prepared = nullptr);

    // Takes in what the status channel holds already. The pid is in it before the process can end.
    void catch_up();

    // `on_finished` runs when the process has ended and its streams are drained; at once if that
    // was.
    void when_finished(std::function<void(ExitStatus)> on_finished);

    // As ProcessStreams has them; of one that was started.
    void hold() { streams_.hold(); }

    [[nodiscard]] bool waiting() const { return streams_.waiting(); }

    void reconnect(ProcessStreams::HostStreams host) { streams_.reconnect(std::move(host)); }

    void release() { streams_.release(); }

    // Its host is gone: it has no streams any more, and the id is free.
    void disown();

    // It has been reaped.
    void ended(ExitStatus status);

    [[nodiscard]] const std::string& id() const { return id_; }

    // 0 before it is known.
    [[nodiscard]] pid_t pid() const { return pid_; }

    // Its program was started, and may have ended since.
    [[nodiscard]] bool started() const { return ready_ && !status_; }

    [[nodiscard]] bool alive() const { return pid_ != 0 && !exit_; }

    [[nodiscard]] bool finished() const { return finished_; }

    [[nodiscard]] int terminal() const { return streams_.terminal(); }

  private:
    // Whether the channel may hold more.
    bool take_message();
    void handle(StatusMessage message);
    void end_of_status();
    void tell(std::optional<LaunchFailure> failure);
    void drain();

    EventLoop& loop_;
    std::string id_;
    ProcessStreams streams_;
    std::optional<StatusChannel> status_;
    Launched launched_;
    std::function<void()> prepared_;
    pid_t pid_ = 0;
    bool ready_ = false;
    std::optional<LaunchFailure> failure_;
    std::optional<ExitStatus> exit_;
    bool finished_ = false;
    std::vector<std::function<void(ExitStatus)>> waiting_;
    EventLoop::Handle watch_;  // last: must go first
};

}  // namespace bulkhead::agent
