// When the steps of a start ended, for `bulkhead run --trace`. Thread: any one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bulkhead::agent {

class Timeline {
  public:
    struct Step {
        std::string name;
        std::uint64_t boottime_ns = 0;  // CLOCK_BOOTTIME
    };

    // The step that ends now.
    void mark(std::string name);

    [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

  private:
    std::vector<Step> steps_;
};

}  // namespace bulkhead::agent
