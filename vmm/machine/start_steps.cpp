#include "vmm/machine/start_steps.h"

#include <chrono>

namespace bulkhead::machine {

void StartSteps::record(std::string_view name) {
    // On Linux steady_clock is CLOCK_MONOTONIC, which all processes share.
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    steps_.push_back(
        {name, static_cast<std::uint64_t>(
                   std::chrono::duration_cast<std::chrono::nanoseconds>(now).count())});
}

}  // namespace bulkhead::machine
