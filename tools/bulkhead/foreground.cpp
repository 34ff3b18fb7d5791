#include "tools/bulkhead/foreground.h"

#include <unistd.h>

#include <utility>

#include "proto/supervisor.pb.h"

namespace bulkhead::cli {

namespace {

namespace wire = supervisor::v1;
using Descriptors = std::vector<UniqueFd>;

AttachedEnd end_of(const wire::End& end) {
    return {end.exit_code(), end.message()};
}

void add_steps(const wire::WaitReply& reply, sandbox::Trace& trace) {
    for (const wire::Step& step : reply.steps()) {
        trace.append({static_cast<sandbox::Trace::Track>(step.track()), step.name(),
                      step.begin_ns(), step.end_ns()});
    }
}

void set_size(runtime::TerminalSize size, wire::ConsoleSize& console) {
    console.set_rows(size.rows);
    console.set_columns(size.columns);
}

class Foreground {
  public:
    Foreground(UniqueFd connection, const ForegroundOptions& options, sandbox::Trace& trace)
        : options_(options),
          trace_(trace),
          client_(loop_, std::move(connection)),
          size_(options.terminal ? terminal_size(STDOUT_FILENO) : runtime::TerminalSize{}),
          attached_(loop_, client_,
                    {.process = {},
                     .terminal = options.terminal,
                     .size = size_,
                     .input = options.input,
                     .pass_signals = options.pass_signals,
                     .close_outputs = options.close_outputs,
                     .detach_keys = options.detach_keys}) {}

    Result<AttachedEnd> run() {
        TRY(attached_.watch_signals());
        attach();
        wait();
        start();
        loop_.run();
        return attached_.end();
    }

  private:
    void attach() {
        wire::Request request;
        request.mutable_attach()->set_input(options_.input);
        client_.call(std::move(request),
                     [this](Result<const wire::Reply*> reply, Descriptors descriptors) {
                         if (!reply) return attached_.fail(reply.error());
                         const auto connected = connect((*reply)->attach(), std::move(descriptors));
                         if (!connected) attached_.fail(connected.error());
                     });
    }

    Result<void> connect(const wire::AttachReply& reply, Descriptors descriptors) {
        const std::size_t expected = 1U + (reply.input() ? 1U : 0U) + (reply.error() ? 1U : 0U);
        if (descriptors.size() != expected) return Error("the supervisor sent other streams");
        std::size_t next = 0;
        UniqueFd input = reply.input() ? std::move(descriptors[next++]) : UniqueFd();
        UniqueFd output = std::move(descriptors[next++]);
        UniqueFd error = reply.error() ? std::move(descriptors[next]) : UniqueFd();
        // One that is not wanted is closed: the supervisor goes on without it.
        if (!options_.output) output.reset();
        if (!options_.error) error.reset();
        return attached_.connect(std::move(input), std::move(output), std::move(error));
    }

    void wait() {
        wire::Request request;
        request.mutable_wait()->set_steps(true);
        client_.call(std::move(request), [this](auto reply, auto) {
            if (!reply) return attached_.fail(reply.error());
            add_steps((*reply)->wait(), trace_);
            attached_.process_ended(end_of((*reply)->wait().end()));
        });
    }

    void start() {
        wire::Request request;
        request.mutable_start()->set_show_console(options_.show_console);
        if (options_.terminal) set_size(size_, *request.mutable_start()->mutable_size());
        const int console = STDERR_FILENO;
        const std::span<const int> descriptors =
            options_.show_console ? std::span(&console, 1) : std::span<const int>();
        client_.call(
            std::move(request),
            [this](auto reply, auto) {
                if (!reply) return attached_.fail(reply.error());
                if ((*reply)->start().running()) attached_.process_runs();
            },
            descriptors);
    }

    EventLoop loop_;
    ForegroundOptions options_;
    sandbox::Trace& trace_;
    engine::Client client_;
    runtime::TerminalSize size_;
    Attached attached_;
};

}  // namespace

Result<AttachedEnd> run_in_foreground(UniqueFd connection, const ForegroundOptions& options,
                                      sandbox::Trace& trace) {
    Foreground foreground(std::move(connection), options, trace);
    return foreground.run();
}

Result<AttachedEnd> start_in_background(UniqueFd connection) {
    EventLoop loop;
    engine::Client client(loop, std::move(connection));
    wire::Request request;
    request.mutable_start();
    const wire::Reply reply = TRY(client.call_and_wait(std::move(request)));
    if (reply.start().running()) return AttachedEnd{};
    return end_of(reply.start().end());
}

}  // namespace bulkhead::cli
