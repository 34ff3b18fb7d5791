#include "host/runtime/health_check.h"

#include "base/text.h"

namespace bulkhead::runtime {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kInterval{30};
constexpr seconds kTimeout{30};
constexpr seconds kStartInterval{5};
constexpr std::uint32_t kRetries = 3;

nanoseconds first_said(nanoseconds user, nanoseconds image, nanoseconds otherwise) {
    if (user != nanoseconds(0)) return user;
    return image != nanoseconds(0) ? image : otherwise;
}

Result<std::vector<std::string>> command_of(const std::vector<std::string>& test) {
    if (test.empty() || test.front() == "NONE") return std::vector<std::string>();
    if (test.front() == "CMD-SHELL" && test.size() == 2)
        return std::vector<std::string>{"/bin/sh", "-c", test.back()};
    if (test.front() == "CMD" && test.size() > 1)
        return std::vector<std::string>(test.begin() + 1, test.end());
    return Error(concat("unknown type \"", test.front(), "\" in a health check (try 'CMD')"));
}

Result<void> check_times(const HealthOptions& options) {
    constexpr std::chrono::milliseconds kLeast{1};
    for (const auto& [time, name] :
         {std::pair{options.interval, "Interval"}, std::pair{options.timeout, "Timeout"},
          std::pair{options.start_period, "StartPeriod"},
          std::pair{options.start_interval, "StartInterval"}}) {
        if (time != nanoseconds(0) && time < kLeast)
            return Error(concat(name, " in Healthcheck cannot be less than 1ms"));
    }
    return {};
}

}  // namespace

Result<HealthCheck> health_check(const HealthOptions& image, const HealthOptions& user) {
    TRY(check_times(image));
    TRY(check_times(user));
    HealthCheck check;
    check.command = TRY(command_of(user.test.empty() ? image.test : user.test));
    if (check.command.empty()) return check;
    check.interval = first_said(user.interval, image.interval, kInterval);
    check.timeout = first_said(user.timeout, image.timeout, kTimeout);
    check.start_period = first_said(user.start_period, image.start_period, nanoseconds(0));
    check.start_interval = first_said(user.start_interval, image.start_interval, kStartInterval);
    // docker takes a 0 as the default, too.
    const std::uint32_t said = user.retries.value_or(image.retries.value_or(0));
    check.retries = said != 0 ? said : kRetries;
    return check;
}

}  // namespace bulkhead::runtime
