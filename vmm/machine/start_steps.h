// StartSteps: when each step of the start was finished, for `bulkhead run --trace`.
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace bulkhead::machine {

class StartSteps {
  public:
    struct Step {
        std::string_view name;  // a literal
        std::uint64_t monotonic_ns = 0;
    };

    // The step `name` is finished now.
    void record(std::string_view name);

    [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

  private:
    std::vector<Step> steps_;
};

}  // namespace bulkhead::machine
