#include "tools/bulkhead/run_session.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/text.h"
#include "tools/bulkhead/terminal.h"

namespace bulkhead::cli {

namespace {

// Passed on to the container's process.
constexpr std::array kForwarded = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

// This many of SIGINT and SIGTERM within kForceWindow end the container whatever it does with them.
constexpr std::size_t kForceCount = 3;
constexpr std::chrono::seconds kForceWindow{2};

sigset_t session_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : kForwarded) ::sigaddset(&set, signal);
    ::sigaddset(&set, SIGWINCH);
    // Never read: with these blocked, a background process may set its terminal, and restore it.
    ::sigaddset(&set, SIGTTOU);
    return set;
}

class Session {
  public:
    Session(sandbox::SandboxPlan plan, const SessionOptions& options, state::Container& container,
            sandbox::Trace& trace)
        : options_(options),
          container_(container),
          terminal_(STDIN_FILENO),
          sandbox_(loop_, std::move(plan), trace,
                   {[this] { on_starting(); }, [this] { on_running(); },
                    [this](const sandbox::SandboxEnd& end) { on_ended(end); }}) {}

    Result<sandbox::SandboxEnd> run() {
        TRY(watch_signals());
        size_ = terminal_size(STDOUT_FILENO);
        TRY(sandbox_.begin());
        loop_.run();
        return end_;
    }

  private:
    Result<void> watch_signals() {
        sigset_t set = session_signals();
        ::sigdelset(&set, SIGTTOU);
        signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
        if (!signals_.valid()) return errno_error("signalfd");
        signal_watch_ =
            loop_.watch(signals_.get(), EventLoop::Interest::Read, [this] { read_signals(); });
        return {};
    }

    void read_signals() {
        signalfd_siginfo info{};
        while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info))
            on_signal(static_cast<int>(info.ssi_signo));
    }

    void on_signal(int number) {
        if (number == SIGWINCH) {
            resize();
        } else if ((number == SIGINT || number == SIGTERM) && insists()) {
            log::warning("got three signals to end: killing the container");
            sandbox_.kill();
        } else {
            sandbox_.signal(number);
        }
    }

    // Notes this signal; whether it is the last of kForceCount that came close together.
    bool insists() {
        const auto now = std::chrono::steady_clock::now();
        const auto oldest = interrupts_.front();
        std::copy(interrupts_.begin() + 1, interrupts_.end(), interrupts_.begin());
        interrupts_.back() = now;
        return oldest && now - *oldest < kForceWindow;
    }

    void resize() {
        if (!options_.resize_terminal) return;
        const runtime::TerminalSize size = terminal_size(STDOUT_FILENO);
        if (size.rows == 0 || (size.rows == size_.rows && size.columns == size_.columns)) return;
        if (!running_) return;  // on_running() looks again
        size_ = size;
        sandbox_.resize(size.rows, size.columns);
    }

    // Until now Ctrl-C ended the start; from here on keys are the container's.
    void on_starting() {
        if (!options_.raw_terminal) return;
        if (const auto raw = terminal_.enter(); !raw) log::warning(raw.error().message());
    }

    void on_running() {
        running_ = true;
        resize();
        if (const auto noted = container_.set_running(sandbox_.vmm_pid()); !noted)
            log::warning(noted.error().message());
    }

    void on_ended(const sandbox::SandboxEnd& end) {
        end_ = end;
        terminal_.restore();
        loop_.stop();
    }

    EventLoop loop_;
    SessionOptions options_;
    state::Container& container_;
    RawTerminal terminal_;
    UniqueFd signals_;
    EventLoop::Handle signal_watch_;
    std::array<std::optional<std::chrono::steady_clock::time_point>, kForceCount - 1> interrupts_;
    runtime::TerminalSize size_;
    bool running_ = false;
    sandbox::SandboxEnd end_;
    sandbox::Sandbox sandbox_;
};

}  // namespace

Result<void> block_session_signals() {
    const sigset_t set = session_signals();
    const int failure = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    if (failure != 0) return errno_error(failure, "block signals");
    return {};
}

Result<sandbox::SandboxEnd> run_session(sandbox::SandboxPlan plan, const SessionOptions& options,
                                        state::Container& container, sandbox::Trace& trace) {
    Session session(std::move(plan), options, container, trace);
    return session.run();
}

}  // namespace bulkhead::cli
