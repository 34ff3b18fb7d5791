// Runs a container's health check again and again, as a further process in it. Thread: loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "host/engine/health_state.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

class HealthMonitor {
  public:
    using OnProbe = std::function<void(const HealthState&)>;

    // The first check comes one interval after this. `config` and `sandbox` live longer.
    HealthMonitor(EventLoop& loop, sandbox::Sandbox& sandbox, const container::v1::Config& config,
                  OnProbe on_probe);
    HealthMonitor(const HealthMonitor&) = delete;
    HealthMonitor& operator=(const HealthMonitor&) = delete;
    ~HealthMonitor() = default;

    // While the container is paused nothing is checked, and a check that was under way is
    // forgotten.
    void pause();
    void resume();

    [[nodiscard]] const HealthState& state() const { return state_; }

  private:
    void schedule();
    void begin();
    void on_started(std::uint64_t number, Result<sandbox::ExecStarted> started);
    void on_exit(std::uint64_t number, const Result<sandbox::AgentExit>& exit);
    void read(int stream);
    void skip();
    void on_timeout();
    void conclude(int exit_code, std::string output);
    [[nodiscard]] std::chrono::nanoseconds age() const;

    EventLoop& loop_;
    sandbox::Sandbox& sandbox_;
    const container::v1::Config& config_;
    OnProbe on_probe_;
    HealthState state_;
    std::chrono::steady_clock::time_point started_;
    std::uint64_t number_ = 0;  // of the check that is under way; others' answers come too late
    std::string process_;
    std::string output_;
    std::int64_t begin_ns_ = 0;
    UniqueFd streams_[2];
    EventLoop::Handle watches_[2];
    EventLoop::Handle timer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace bulkhead::engine
