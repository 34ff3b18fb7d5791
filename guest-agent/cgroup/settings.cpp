#include "guest-agent/cgroup/settings.h"

#include <algorithm>

#include "base/cpu_weight.h"
#include "base/text.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

using Settings = std::vector<CgroupSetting>;

// OCI says -1 for "no limit".
std::string limit_text(std::int64_t limit) {
    return limit < 0 ? "max" : std::to_string(limit);
}

Result<void> add_memory(const oci::v1::Resources& resources, Settings& settings) {
    if (resources.has_memory_limit_bytes() && resources.memory_limit_bytes() != 0) {
        settings.push_back({"memory.max", limit_text(resources.memory_limit_bytes())});
    }
    if (resources.has_memory_reservation_bytes() && resources.memory_reservation_bytes() != 0) {
        settings.push_back({"memory.low", limit_text(resources.memory_reservation_bytes())});
    }
    if (!resources.has_memory_swap_bytes() || resources.memory_swap_bytes() == 0) return {};
    // The spec's number is memory and swap together; cgroup v2 counts swap alone.
    const std::int64_t both = resources.memory_swap_bytes();
    if (both < 0) {
        settings.push_back({"memory.swap.max", "max", true});
        return {};
    }
    if (!resources.has_memory_limit_bytes() || resources.memory_limit_bytes() <= 0) {
        return Error("resources: a limit of memory and swap needs a limit of memory");
    }
    if (both < resources.memory_limit_bytes()) {
        return Error("resources: the limit of memory and swap is below the limit of memory");
    }
    settings.push_back(
        {"memory.swap.max", std::to_string(both - resources.memory_limit_bytes()), true});
    return {};
}

void add_cpu(const oci::v1::Resources& resources, Settings& settings) {
    if (resources.has_cpu_shares() && resources.cpu_shares() != 0) {
        settings.push_back(
            {"cpu.weight", std::to_string(cpu_weight_from_shares(resources.cpu_shares()))});
    }
    if (resources.has_cpu_quota_us() || resources.has_cpu_period_us()) {
        constexpr std::uint64_t kDefaultPeriodUs = 100'000;
        const std::uint64_t asked = resources.cpu_period_us();
        const std::uint64_t period = asked == 0 ? kDefaultPeriodUs : asked;
        const std::int64_t quota = resources.cpu_quota_us();
        settings.push_back(
            {"cpu.max", concat(quota <= 0 ? "max" : std::to_string(quota), " ", period)});
    }
    if (resources.has_cpu_burst_us())
        settings.push_back({"cpu.max.burst", std::to_string(resources.cpu_burst_us())});
    if (resources.has_cpu_idle())
        settings.push_back({"cpu.idle", std::to_string(resources.cpu_idle())});
    if (!resources.cpuset_cpus().empty())
        settings.push_back({"cpuset.cpus", resources.cpuset_cpus()});
    if (!resources.cpuset_mems().empty())
        settings.push_back({"cpuset.mems", resources.cpuset_mems()});
}

Result<void> add_unified(const oci::v1::Resources& resources, Settings& settings) {
    for (const auto& [file, value] : resources.unified()) {
        const bool plain =
            file.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string::npos;
        const auto dot = file.find('.');
        if (!plain || dot == std::string::npos || dot == 0 || file.starts_with("cgroup.")) {
            return Error(concat("resources: unified: bad file name \"", plain ? file : "?", "\""));
        }
        settings.push_back({file, value});
    }
    return {};
}

}  // namespace

Result<Settings> cgroup_settings(const oci::v1::Resources& resources) {
    Settings settings;
    TRY(add_memory(resources, settings));
    add_cpu(resources, settings);
    if (resources.has_pids_limit()) {
        settings.push_back({"pids.max", resources.pids_limit() <= 0
                                            ? "max"
                                            : std::to_string(resources.pids_limit())});
    }
    TRY(add_unified(resources, settings));
    return settings;
}

}  // namespace bulkhead::agent
