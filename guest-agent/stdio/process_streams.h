// The standard streams of one process: the host's streams on one side, pipes (or a terminal) on the
// other, and the relays between them. Thread: loop.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "guest-agent/stdio/relay.h"

namespace bulkhead::agent {

class ProcessStreams {
  public:
    // The host's streams for standard input, output and error; not valid: there is none.
    using HostStreams = std::array<UniqueFd, 3>;

    ProcessStreams(EventLoop& loop, HostStreams host) : loop_(loop), host_(std::move(host)) {}

    // For a process without a terminal: makes the pipes, and gives the process's ends: where the
    // host has no stream, /dev/null.
    Result<std::array<UniqueFd, 3>> make_pipes();
    // The same before the host's streams are there: where it will have some.
    Result<std::array<UniqueFd, 3>> make_pipes(const std::array<bool, 3>& wanted);

    // These are the host's streams. Before start().
    void connect(HostStreams host) { host_ = std::move(host); }

    // For a process with a terminal, once it is there.
    Result<void> use_terminal(UniqueFd terminal);

    // Starts the relays: the process runs (before, it has nothing to say).
    void start();

    // The process has ended: input stops, output is drained, then `on_drained` runs.
    void finish(std::function<void()> on_drained);

    // Nothing passes until release(), whatever becomes of the host's streams.
    void hold();
    // Nothing can pass now: all that was written has gone to the host, or it does not take it.
    [[nodiscard]] bool waiting() const;
    // While held: these take the place of the host's streams; those that the process has closed,
    // or never had, are closed.
    void reconnect(HostStreams host);
    void release();
    // Closes all of them: the process reads the end, and writes to nobody.
    void disconnect();

    // The terminal's controlling end; -1 without one.
    [[nodiscard]] int terminal() const { return terminal_.get(); }

  private:
    void relay(std::size_t number, UniqueFd source, UniqueFd sink);
    void check_drained();

    EventLoop& loop_;
    HostStreams host_;
    std::array<UniqueFd, 3> ours_;  // our ends of the pipes, or duplicates of the terminal
    UniqueFd terminal_;
    std::function<void()> on_drained_;
    std::array<std::unique_ptr<Relay>, 3> relays_;
};

}  // namespace bulkhead::agent
