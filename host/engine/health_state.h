// What is known about a container's health, from one check to the next. docker's rules: failures in
// the start period do not count, a success ends that period, so many failures in a row make it
// unhealthy. Thread: any one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace bulkhead::container::v1 {
class HealthCheck;
}

namespace bulkhead::engine {

// One check. Its output is cut at kMaxOutput bytes.
struct HealthProbe {
    static constexpr std::size_t kMaxOutput = 4096;

    std::int64_t begin_ns = 0;  // since 1970
    std::int64_t end_ns = 0;
    int exit_code = 0;  // -1: it did not end in time, or could not be started
    std::string output;
};

class HealthState {
  public:
    static constexpr std::size_t kKeptProbes = 5;

    // docker's defaults stand in for what is 0.
    explicit HealthState(const container::v1::HealthCheck& check);

    // "starting", "healthy", "unhealthy".
    [[nodiscard]] std::string_view status() const { return status_; }

    [[nodiscard]] std::chrono::nanoseconds timeout() const { return timeout_; }

    // From the end of one check to the next. `age`: since the container's start.
    [[nodiscard]] std::chrono::nanoseconds interval(std::chrono::nanoseconds age) const;

    void add(HealthProbe probe, std::chrono::nanoseconds age);

    // docker's State.Health: Status, FailingStreak, Log.
    [[nodiscard]] std::string to_json() const;

  private:
    [[nodiscard]] bool in_start_period(std::chrono::nanoseconds age) const;

    std::chrono::nanoseconds interval_, timeout_, start_period_, start_interval_;
    int retries_;
    std::string_view status_ = "starting";
    int failing_streak_ = 0;
    std::deque<HealthProbe> probes_;
};

}  // namespace bulkhead::engine
