// Limits of a container inside its machine (docker's --memory, --cpus, --pids-limit, ...), checked
// as docker does, and as the cgroup v2 settings of the spec. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/runtime/quantities.h"

namespace bulkhead::oci::v1 {
class Resources;
}

namespace bulkhead::runtime {

struct ResourceOptions {
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::int64_t> memory_swap_bytes;  // memory and swap together; -1: no limit
    std::optional<std::uint64_t> memory_reservation_bytes;
    std::optional<NanoCpus> cpus;
    std::optional<std::uint64_t> cpu_shares;
    std::optional<std::uint64_t> cpu_period_us;
    std::optional<std::int64_t> cpu_quota_us;
    std::string cpuset_cpus;  // of the guest's: "0-2,4"
    std::string cpuset_mems;
    std::optional<std::int64_t> pids_limit;  // 0 and -1: none
};

// "0-2,4": the highest number in it.
Result<std::uint32_t> highest_in_list(std::string_view text);

// What docker refuses, too: limits that contradict each other, or are below what can work. `most`:
// the CPUs that a machine can have.
Result<void> check_resources(const ResourceOptions& options, std::uint32_t most_cpus);

// The CPUs that the machine needs for these limits; nothing: as many as usual.
std::optional<std::uint32_t> machine_cpus(const ResourceOptions& options);

void set_resources(const ResourceOptions& options, oci::v1::Resources& resources);

}  // namespace bulkhead::runtime
