#include "guest-agent/container/timeline.h"

#include <ctime>

namespace bulkhead::agent {

void Timeline::mark(std::string name) {
    constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    steps_.push_back(
        {std::move(name), static_cast<std::uint64_t>(now.tv_sec) * kNanosecondsPerSecond +
                              static_cast<std::uint64_t>(now.tv_nsec)});
}

}  // namespace bulkhead::agent
