// Whether and when a container that has ended starts again. docker's rules: --restart no,
// on-failure[:most], always, unless-stopped. Thread: any one at a time.
#pragma once

#include <chrono>
#include <optional>

namespace bulkhead::container::v1 {
class RestartPolicy;
}

namespace bulkhead::engine {

// How a run of it ended.
struct RunEnd {
    int exit_code = 0;
    std::chrono::nanoseconds ran{};
    bool stopped = false;  // somebody asked for it
    int restarts = 0;      // by its policy, before this end
};

// The time between the ends and the next starts: it doubles, and a run that lasted begins it anew.
class RestartBackoff {
  public:
    static constexpr std::chrono::milliseconds kFirst{100};
    static constexpr std::chrono::minutes kLongest{1};
    static constexpr std::chrono::seconds kLasting{10};

    std::chrono::nanoseconds next(std::chrono::nanoseconds ran);

  private:
    std::chrono::nanoseconds last_{};
};

// After an end.
bool starts_again(const container::v1::RestartPolicy& policy, const RunEnd& end);

// When the host has booted. `was_live`: the container was not at its end when the host went down.
bool starts_at_boot(const container::v1::RestartPolicy& policy, const RunEnd& end, bool was_live);

}  // namespace bulkhead::engine
