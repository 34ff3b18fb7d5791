#include "host/engine/health_state.h"

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "host/logs/log_time.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kInterval{30};
constexpr seconds kTimeout{30};
constexpr seconds kStartInterval{5};
constexpr int kRetries = 3;

nanoseconds value_or(std::uint64_t value, nanoseconds usual) {
    return value == 0 ? usual : nanoseconds(value);
}

}  // namespace

HealthState::HealthState(const container::v1::HealthCheck& check)
    : interval_(value_or(check.interval_ns(), kInterval)),
      timeout_(value_or(check.timeout_ns(), kTimeout)),
      start_period_(check.start_period_ns()),
      start_interval_(value_or(check.start_interval_ns(), kStartInterval)),
      retries_(check.retries() == 0 ? kRetries : static_cast<int>(check.retries())) {}

bool HealthState::in_start_period(nanoseconds age) const {
    return status_ == "starting" && age < start_period_;
}

nanoseconds HealthState::interval(nanoseconds age) const {
    return in_start_period(age) ? start_interval_ : interval_;
}

void HealthState::add(HealthProbe probe, nanoseconds age) {
    if (probe.exit_code == 0) {
        failing_streak_ = 0;
        status_ = "healthy";
    } else if (!in_start_period(age) && ++failing_streak_ >= retries_) {
        status_ = "unhealthy";
    }
    probe.output.resize(utf8_prefix(probe.output, HealthProbe::kMaxOutput).size());
    probes_.push_back(std::move(probe));
    if (probes_.size() > kKeptProbes) probes_.pop_front();
}

std::string HealthState::to_json() const {
    using Json = nlohmann::ordered_json;
    Json log = Json::array();
    for (const HealthProbe& probe : probes_) {
        log.push_back({{"Start", logs::format_time(probe.begin_ns)},
                       {"End", logs::format_time(probe.end_ns)},
                       {"ExitCode", probe.exit_code},
                       {"Output", probe.output}});
    }
    const Json json = {{"Status", status_}, {"FailingStreak", failing_streak_}, {"Log", log}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bulkhead::engine
