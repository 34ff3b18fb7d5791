// A container's health check: what its image says (docker's HEALTHCHECK), changed by the --health-*
// flags. Thread: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace bulkhead::runtime {

// As an image or a user says it; what is 0 or empty is not said.
struct HealthOptions {
    // ["NONE"], ["CMD", argument...] or ["CMD-SHELL", text]
    std::vector<std::string> test;
    std::chrono::nanoseconds interval{0};
    std::chrono::nanoseconds timeout{0};
    std::chrono::nanoseconds start_period{0};
    std::chrono::nanoseconds start_interval{0};
    std::optional<std::uint32_t> retries;
};

// What is to be done.
struct HealthCheck {
    std::vector<std::string> command;  // empty: nothing
    std::chrono::nanoseconds interval{0};
    std::chrono::nanoseconds timeout{0};
    std::chrono::nanoseconds start_period{0};
    std::chrono::nanoseconds start_interval{0};
    std::uint32_t retries = 0;
};

// docker's defaults fill what neither says.
Result<HealthCheck> health_check(const HealthOptions& image, const HealthOptions& user);

}  // namespace bulkhead::runtime
