// A process in a container in the foreground: its streams are ours, our signals are its, and our
// terminal is set up and restored. Thread: main, which becomes the loop thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "host/engine/client.h"
#include "host/sandbox/stream_pump.h"
#include "tools/bulkhead/detach_keys.h"
#include "tools/bulkhead/terminal.h"

namespace bulkhead::cli {

// Blocks the signals that an attached command takes from a signalfd, for this thread and those that
// it starts. Before anything that a signal must not interrupt half-way.
Result<void> block_attached_signals();

// How the process ended.
struct AttachedEnd {
    int exit_code = 0;
    std::string message;  // for the user; mostly empty
};

class Attached {
  public:
    struct Options {
        std::string process;  // empty: the container's first one
        bool terminal = false;
        runtime::TerminalSize size;  // that its terminal has already
        bool input = false;
        bool pass_signals = true;
        // A reader of ours that is gone is told to the process, as in a shell's pipeline.
        bool close_outputs = false;
        // With a terminal: leave the process to itself when these are typed.
        std::optional<DetachKeys> detach_keys{};
    };

    Attached(EventLoop& loop, engine::Client& client, Options options);
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;
    ~Attached();

    Result<void> watch_signals();

    // The streams as they come from the supervisor. Invalid ones are not there.
    Result<void> connect(UniqueFd input, UniqueFd output, UniqueFd error);

    // From now on keys are the process's, and so is the terminal's size.
    void process_runs();

    // The process has ended: what it wrote is still delivered, then done() is true and the loop
    // stops.
    void process_ended(AttachedEnd end);

    // Ends without the process.
    void fail(const Error& error);

    // After the loop has stopped.
    [[nodiscard]] const Result<AttachedEnd>& end() const { return end_; }

  private:
    void watch_detach_keys();
    void detach();
    void read_signals();
    void on_signal(int number);
    void send_signal(int number);
    bool insists();
    void resize();
    Result<void> start_output(UniqueFd stream, int target,
                              std::unique_ptr<sandbox::StreamPump>& pump, bool is_error);
    void on_output_done(std::unique_ptr<sandbox::StreamPump>& pump, bool is_error);
    void stop_when_done();

    EventLoop& loop_;
    engine::Client& client_;
    Options options_;
    RawTerminal raw_terminal_;
    UniqueFd signals_;
    EventLoop::Handle signal_watch_;
    std::unique_ptr<sandbox::StreamPump> input_, output_, error_;
    std::optional<std::chrono::steady_clock::time_point> interrupts_[2];
    runtime::TerminalSize size_;
    bool runs_ = false;
    bool ended_ = false;
    EventLoop::Handle detach_;
    Result<AttachedEnd> end_ = AttachedEnd{};
};

}  // namespace bulkhead::cli
