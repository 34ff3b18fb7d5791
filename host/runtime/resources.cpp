#include "host/runtime/resources.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

constexpr std::uint64_t kLeastMemory = std::uint64_t{6} << 20U;  // docker's
constexpr std::uint64_t kCpuPeriodUs = 100'000;
constexpr std::uint64_t kLeastPeriodUs = 1'000;
constexpr std::uint64_t kMostPeriodUs = 1'000'000;

Result<void> check_memory(const ResourceOptions& options) {
    const auto& memory = options.memory_bytes;
    const auto& swap = options.memory_swap_bytes;
    if (memory && *memory < kLeastMemory) return Error("Minimum memory limit allowed is 6MB");
    if (swap && *swap > 0 && !memory) {
        return Error(
            "You should always set the Memory limit when using Memoryswap limit, see usage");
    }
    if (swap && *swap > 0 && static_cast<std::uint64_t>(*swap) < *memory) {
        return Error("Minimum memoryswap limit should be larger than memory limit, see usage");
    }
    const auto& reservation = options.memory_reservation_bytes;
    if (reservation && *reservation < kLeastMemory)
        return Error("Minimum memory reservation allowed is 6MB");
    if (reservation && memory && *reservation > *memory) {
        return Error(
            "Minimum memory limit can not be less than memory reservation limit, see usage");
    }
    return {};
}

Result<void> check_cpus(const ResourceOptions& options, std::uint32_t most) {
    if (options.cpus && options.cpus->whole_cpus() > most) {
        return Error(concat("range of CPUs is from 0.01 to ", most,
                            ".00, the most that a machine can have"));
    }
    if (options.cpus && (options.cpu_period_us || options.cpu_quota_us)) {
        return Error(concat("Conflicting options: Nano CPUs and CPU ",
                            options.cpu_period_us ? "Period" : "Quota", " cannot both be set"));
    }
    const auto& period = options.cpu_period_us;
    if (period && *period != 0 && (*period < kLeastPeriodUs || *period > kMostPeriodUs)) {
        return Error(
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
    }
    const auto& quota = options.cpu_quota_us;
    if (quota && *quota > 0 && static_cast<std::uint64_t>(*quota) < kLeastPeriodUs)
        return Error("CPU cfs quota can not be less than 1ms (i.e. 1000)");
    if (const auto cpus = machine_cpus(options); cpus && *cpus > most) {
        return Error(concat("the limits ask for ", *cpus, " CPUs, and a machine can have ", most));
    }
    return {};
}

std::optional<std::uint32_t> quota_cpus(const ResourceOptions& options) {
    if (options.cpus) return options.cpus->whole_cpus();
    if (options.cpu_quota_us.value_or(0) <= 0) return std::nullopt;
    const std::uint64_t asked = options.cpu_period_us.value_or(0);
    const std::uint64_t period = asked == 0 ? kCpuPeriodUs : asked;
    const auto quota = static_cast<std::uint64_t>(*options.cpu_quota_us);
    const std::uint64_t whole = quota / period + (quota % period == 0 ? 0 : 1);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(whole, UINT32_MAX));
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return number;
}

void set_cpu(const ResourceOptions& options, oci::v1::Resources& resources) {
    if (options.cpu_shares) resources.set_cpu_shares(*options.cpu_shares);
    if (options.cpu_period_us) resources.set_cpu_period_us(*options.cpu_period_us);
    if (options.cpu_quota_us) resources.set_cpu_quota_us(*options.cpu_quota_us);
    resources.set_cpuset_cpus(options.cpuset_cpus);
    resources.set_cpuset_mems(options.cpuset_mems);
    if (!options.cpus) return;
    resources.set_cpu_period_us(kCpuPeriodUs);
    // 1 CPU is a quota of one whole period, and the kernel's smallest quota is a millisecond.
    const std::uint64_t quota = options.cpus->value / (NanoCpus::kOneCpu / kCpuPeriodUs);
    resources.set_cpu_quota_us(static_cast<std::int64_t>(std::max(quota, kLeastPeriodUs)));
}

}  // namespace

Result<std::uint32_t> highest_in_list(std::string_view text) {
    const Error invalid(concat("invalid list \"", text, "\", want one as 0-2,4"));
    std::uint32_t highest = 0;
    std::string_view rest = text;
    for (;;) {
        const auto comma = rest.find(',');
        const std::string_view range = rest.substr(0, comma);
        const auto dash = range.find('-');
        const auto first = parse_number(range.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : parse_number(range.substr(dash + 1));
        if (!first || !last || *first > *last || *last == UINT32_MAX) return invalid;
        highest = std::max(highest, *last);
        if (comma == std::string_view::npos) return highest;
        rest = rest.substr(comma + 1);
    }
}

Result<void> check_resources(const ResourceOptions& options, std::uint32_t most_cpus) {
    TRY(check_memory(options));
    return check_cpus(options, most_cpus);
}

std::optional<std::uint32_t> machine_cpus(const ResourceOptions& options) {
    const auto by_quota = quota_cpus(options);
    if (options.cpuset_cpus.empty()) return by_quota;
    const auto highest = highest_in_list(options.cpuset_cpus);
    if (!highest) return by_quota;
    return std::max(*highest + 1, by_quota.value_or(1));
}

void set_resources(const ResourceOptions& options, oci::v1::Resources& resources) {
    if (options.memory_bytes)
        resources.set_memory_limit_bytes(static_cast<std::int64_t>(*options.memory_bytes));
    if (options.memory_swap_bytes) resources.set_memory_swap_bytes(*options.memory_swap_bytes);
    if (options.memory_reservation_bytes) {
        resources.set_memory_reservation_bytes(
            static_cast<std::int64_t>(*options.memory_reservation_bytes));
    }
    set_cpu(options, resources);
    if (options.pids_limit) resources.set_pids_limit(*options.pids_limit);
}

}  // namespace bulkhead::runtime
