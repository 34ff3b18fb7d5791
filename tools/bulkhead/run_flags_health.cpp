// Flags of run and create: the health check.
#include <limits>

#include "host/runtime/duration.h"
#include "tools/bulkhead/flag_values.h"
#include "tools/bulkhead/run_flag_groups.h"

namespace bulkhead::cli {

namespace {

Result<std::vector<std::string>> parse_command(const std::string& text) {
    if (text.empty()) return Error("the command is empty; --no-healthcheck turns a check off");
    return std::vector<std::string>{"CMD-SHELL", text};
}

Result<std::optional<std::uint32_t>> parse_retries(const std::string& text) {
    constexpr auto kMost = std::uint32_t{std::numeric_limits<std::int32_t>::max()};
    if (text.starts_with('-')) return Error("--health-retries cannot be negative");
    return std::optional(TRY(parse_integer<std::uint32_t>(text, 0, kMost)));
}

}  // namespace

void add_health_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& health = target.health;
    const auto duration = [](std::chrono::nanoseconds& into) {
        return parsed_into(into, runtime::parse_duration);
    };
    append_group(
        "Health",
        {{"health-cmd", '\0', "COMMAND", "run in the container to see whether it is well",
          parsed_into(health.test, parse_command)},
         {"health-interval", '\0', "DURATION", "between two checks (default 30s)",
          duration(health.interval)},
         {"health-timeout", '\0', "DURATION", "that one may take (default 30s)",
          duration(health.timeout)},
         {"health-retries", '\0', "NUMBER", "failures in a row that make it unhealthy (default 3)",
          parsed_into(health.retries, parse_retries)},
         {"health-start-period", '\0', "DURATION", "in which failures do not count (default 0s)",
          duration(health.start_period)},
         {"health-start-interval", '\0', "DURATION", "between checks in that time (default 5s)",
          duration(health.start_interval)},
         {"no-healthcheck", '\0', "", "none, whatever the image says",
          store(target.no_health_check)}},
        flags);
}

}  // namespace bulkhead::cli
