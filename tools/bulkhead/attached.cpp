#include "tools/bulkhead/attached.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <span>
#include <utility>

#include "base/log.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::cli {

namespace {

namespace wire = supervisor::v1;

// Passed on to the container's process.
constexpr std::array kForwarded = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

// Three of SIGINT and SIGTERM within this time kill the process whatever it does with them.
constexpr std::chrono::seconds kForceWindow{2};

sigset_t attached_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : kForwarded) ::sigaddset(&set, signal);
    ::sigaddset(&set, SIGWINCH);
    // Never read: with these blocked, a background process may set its terminal, and restore it.
    ::sigaddset(&set, SIGTTOU);
    return set;
}

}  // namespace

Result<void> block_attached_signals() {
    const sigset_t set = attached_signals();
    const int failure = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    if (failure != 0) return errno_error(failure, "block signals");
    return {};
}

Attached::Attached(EventLoop& loop, engine::Client& client, Options options)
    : loop_(loop),
      client_(client),
      options_(std::move(options)),
      raw_terminal_(STDIN_FILENO),
      size_(options_.size) {}

Attached::~Attached() = default;

Result<void> Attached::watch_signals() {
    sigset_t set = attached_signals();
    ::sigdelset(&set, SIGTTOU);
    signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.valid()) return errno_error("signalfd");
    signal_watch_ =
        loop_.watch(signals_.get(), EventLoop::Interest::Read, [this] { read_signals(); });
    return {};
}

Result<void> Attached::connect(UniqueFd input, UniqueFd output, UniqueFd error) {
    if (input.valid()) {
        auto source = TRY(sandbox::StreamEnd::of_host(STDIN_FILENO, sandbox::Direction::Read));
        auto sink = TRY(sandbox::StreamEnd::of_socket(std::move(input)));
        // The pump stays when it is done: its socket carries our end of file.
        input_ =
            std::make_unique<sandbox::StreamPump>(loop_, std::move(source), std::move(sink), [] {});
        watch_detach_keys();
    }
    if (output.valid()) TRY(start_output(std::move(output), STDOUT_FILENO, output_, false));
    if (error.valid()) TRY(start_output(std::move(error), STDERR_FILENO, error_, true));
    return {};
}

void Attached::watch_detach_keys() {
    if (!options_.terminal || !options_.detach_keys) return;
    input_->set_filter([this](std::span<std::byte> buffer, std::size_t count) {
        const std::size_t kept = options_.detach_keys->filter(buffer, count);
        // Not from within the pump; what was typed before is written first.
        if (options_.detach_keys->found() && !detach_.active())
            detach_ = loop_.after(std::chrono::nanoseconds(0), [this] { detach(); });
        return kept;
    });
}

// The process goes on without us.
void Attached::detach() {
    if (std::exchange(ended_, true)) return;
    end_ = AttachedEnd{};
    wire::Request request;
    request.mutable_detach()->set_process(options_.process);
    client_.call(std::move(request), [](auto, auto) {});
    input_.reset();
    output_.reset();
    error_.reset();
    stop_when_done();
}

Result<void> Attached::start_output(UniqueFd stream, int target,
                                    std::unique_ptr<sandbox::StreamPump>& pump, bool is_error) {
    auto source = TRY(sandbox::StreamEnd::of_socket(std::move(stream)));
    auto sink = TRY(sandbox::StreamEnd::of_host(target, sandbox::Direction::Write));
    pump = std::make_unique<sandbox::StreamPump>(
        loop_, std::move(source), std::move(sink),
        [this, &pump, is_error] { on_output_done(pump, is_error); });
    return {};
}

void Attached::on_output_done(std::unique_ptr<sandbox::StreamPump>& pump, bool is_error) {
    if (pump->sink_failed() && options_.close_outputs) {
        wire::Request request;
        request.mutable_close_output()->set_error(is_error);
        client_.call(std::move(request), [](auto, auto) {});
    }
    pump.reset();
    stop_when_done();
}

void Attached::process_runs() {
    runs_ = true;
    if (!options_.terminal) return;
    if (options_.input) {
        if (const auto raw = raw_terminal_.enter(); !raw) log::warning(raw.error().message());
    }
    resize();
}

void Attached::process_ended(AttachedEnd end) {
    if (std::exchange(ended_, true)) return;
    end_ = std::move(end);
    stop_when_done();
}

void Attached::fail(const Error& error) {
    if (std::exchange(ended_, true)) return;
    end_ = error;
    raw_terminal_.restore();
    loop_.stop();
}

void Attached::stop_when_done() {
    if (!ended_ || output_ || error_) return;
    raw_terminal_.restore();
    loop_.stop();
}

void Attached::read_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info))
        on_signal(static_cast<int>(info.ssi_signo));
}

void Attached::on_signal(int number) {
    if (number == SIGWINCH) return resize();
    const bool ends =
        number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
    if (ended_) {
        // Only our own reader is still awaited.
        if (!ends) return;
        output_.reset();
        error_.reset();
        return stop_when_done();
    }
    if (!options_.pass_signals) {
        if (ends) fail(Error("interrupted"));
        return;
    }
    if ((number == SIGINT || number == SIGTERM) && insists()) {
        log::warning("got three signals to end: killing the container");
        return send_signal(SIGKILL);
    }
    send_signal(number);
}

void Attached::send_signal(int number) {
    wire::Request request;
    request.mutable_signal()->set_process(options_.process);
    request.mutable_signal()->set_signal(static_cast<std::uint32_t>(number));
    client_.call(std::move(request), [](auto, auto) {});
}

// Notes this signal; whether it is the third that came close together.
bool Attached::insists() {
    const auto now = std::chrono::steady_clock::now();
    const auto oldest = std::exchange(interrupts_[0], std::exchange(interrupts_[1], now));
    return oldest && now - *oldest < kForceWindow;
}

void Attached::resize() {
    if (!options_.terminal || !runs_) return;
    const runtime::TerminalSize size = terminal_size(STDOUT_FILENO);
    if (size.rows == 0 || (size.rows == size_.rows && size.columns == size_.columns)) return;
    size_ = size;
    wire::Request request;
    request.mutable_resize()->set_process(options_.process);
    request.mutable_resize()->mutable_size()->set_rows(size.rows);
    request.mutable_resize()->mutable_size()->set_columns(size.columns);
    client_.call(std::move(request), [](auto, auto) {});
}

}  // namespace bulkhead::cli
