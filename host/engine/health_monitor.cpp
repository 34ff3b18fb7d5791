#include "host/engine/health_monitor.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/realtime.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

constexpr int kNoExitCode = -1;

oci::v1::Process check_process(const container::v1::Config& config) {
    oci::v1::Process process = config.spec().process();
    process.set_terminal(false);
    process.clear_console_size();
    *process.mutable_args() = config.health().command();
    return process;
}

}  // namespace

HealthMonitor::HealthMonitor(EventLoop& loop, sandbox::Sandbox& sandbox,
                             const container::v1::Config& config, OnProbe on_probe)
    : loop_(loop),
      sandbox_(sandbox),
      config_(config),
      on_probe_(std::move(on_probe)),
      state_(config.health()),
      started_(std::chrono::steady_clock::now()) {
    schedule();
}

std::chrono::nanoseconds HealthMonitor::age() const {
    return std::chrono::steady_clock::now() - started_;
}

void HealthMonitor::schedule() {
    timer_ = loop_.after(state_.interval(age()), [this] { begin(); });
}

void HealthMonitor::pause() {
    ++number_;
    for (auto& watch : watches_) watch.reset();
    for (auto& stream : streams_) stream.reset();
    timer_.reset();
}

void HealthMonitor::resume() {
    schedule();
}

void HealthMonitor::begin() {
    ++number_;
    output_.clear();
    process_.clear();
    begin_ns_ = realtime_ns();
    timer_ = loop_.after(state_.timeout(), [this] { on_timeout(); });
    const sandbox::ExecPlan plan{.input = false, .output = true, .error = true};
    sandbox_.exec(check_process(config_), plan,
                  [this, number = number_, alive = std::weak_ptr<bool>(alive_)](auto started) {
                      if (!alive.expired()) on_started(number, std::move(started));
                  });
}

void HealthMonitor::on_started(std::uint64_t number, Result<sandbox::ExecStarted> started) {
    if (number != number_) return;
    if (!started) return skip();
    if (started->failure != sandbox::StartFailure::None)
        return conclude(kNoExitCode, started->message);
    process_ = started->process;
    streams_[0] = std::move(started->output);
    streams_[1] = std::move(started->error);
    for (const int i : {0, 1}) {
        if (!set_nonblocking(streams_[i].get())) continue;
        watches_[i] =
            loop_.watch(streams_[i].get(), EventLoop::Interest::Read, [this, i] { read(i); });
    }
    sandbox_.wait_exec(process_,
                       [this, number, alive = std::weak_ptr<bool>(alive_)](const auto& exit) {
                           if (!alive.expired()) on_exit(number, exit);
                       });
}

// Reads everything, so that the check never waits for us, and keeps the beginning.
void HealthMonitor::read(int stream) {
    std::array<char, HealthProbe::kMaxOutput> buffer{};
    const ssize_t count = ::read(streams_[stream].get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return watches_[stream].reset();
    const std::size_t room = HealthProbe::kMaxOutput - output_.size();
    output_.append(buffer.data(), std::min(static_cast<std::size_t>(count), room));
}

void HealthMonitor::on_exit(std::uint64_t number, const Result<sandbox::AgentExit>& exit) {
    if (number != number_) return;
    // The agent answers when the streams are drained: what is left is in the sockets.
    for (const int i : {0, 1}) {
        for (int turn = 0; watches_[i].active() && turn < 64; ++turn) read(i);
    }
    if (!exit) return skip();
    conclude(sandbox::end_of(*exit).exit_code, std::move(output_));
}

// The machine is at its end, or its agent is: that says nothing about the check.
void HealthMonitor::skip() {
    pause();
    schedule();
}

void HealthMonitor::on_timeout() {
    if (!process_.empty()) sandbox_.signal_exec(process_, SIGKILL);
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(state_.timeout());
    conclude(kNoExitCode, concat("Health check exceeded timeout (", limit.count(), " ms)"));
}

void HealthMonitor::conclude(int exit_code, std::string output) {
    pause();
    state_.add({begin_ns_, realtime_ns(), exit_code, std::move(output)}, age());
    schedule();
    on_probe_(state_);
}

}  // namespace bulkhead::engine
