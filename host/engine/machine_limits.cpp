#include "host/engine/machine_limits.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/cpu_weight.h"
#include "host/engine/update.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

using container::v1::Config;

// The monitor's own memory, its sockets and stacks; and page tables that map the guest's memory
// twice (1/256), with the cache of its disks' files in what is left.
constexpr std::uint64_t kMonitorMemory = std::uint64_t{64} << 20U;
constexpr std::uint64_t kMappingFraction = 64;
// One vCPU thread each, four disk workers and the loop; the jail's own bound.
constexpr std::uint64_t kMostThreads = 48;
constexpr std::uint64_t kLongestPeriodUs = 1'000'000;
constexpr std::uint64_t kOneCpu = cgroup::Limits::kCpuPeriodUs;
// Beyond a quota, which the guest itself keeps: for its kernel and agent, the monitor's devices,
// and the supervisor.
constexpr std::uint64_t kBeyondQuota = kOneCpu / 10;
// Without a quota: devices and supervisor may take as much as one processor.
constexpr std::uint64_t kBeyondProcessors = kOneCpu;
// The monitor's rates are the ones that count, with a burst; these are for one that does not keep
// them.
constexpr std::uint64_t kBeyondRates = 2;

std::uint64_t cpu_quota(const oci::v1::Resources& resources, std::uint32_t processors) {
    const std::uint64_t all = processors * kOneCpu + kBeyondProcessors;
    if (!resources.has_cpu_quota_us() || resources.cpu_quota_us() <= 0) return all;
    const std::uint64_t period =
        resources.cpu_period_us() == 0 ? kOneCpu : resources.cpu_period_us();
    const auto quota = static_cast<std::uint64_t>(resources.cpu_quota_us());
    // A quota that needs more processors than there are is none, and no kernel takes a longer
    // period.
    if (quota / period >= processors || period > kLongestPeriodUs) return all;
    return quota * kOneCpu / period + kBeyondQuota;
}

}  // namespace

std::optional<cgroup::Place> container_place(const std::string& parent, const std::string& id) {
    if (parent.empty() && ::geteuid() != 0) return std::nullopt;
    cgroup::Place place;
    if (!parent.empty()) place.parent = parent;
    place.name = id;
    return place;
}

std::optional<cgroup::Place> container_place(const Config& config, const std::string& id) {
    return container_place(config.machine().cgroup_parent(), id);
}

cgroup::Limits machine_limits(const Config& config, const sandbox::Shape& shape,
                              std::vector<dev_t> disks) {
    const auto& resources = config.spec().linux().resources();
    const auto& rates = config.machine().device_limits();
    cgroup::Limits limits;
    limits.memory_bytes =
        shape.memory_bytes + shape.memory_bytes / kMappingFraction + kMonitorMemory;
    limits.cpu_quota_us = cpu_quota(resources, shape.vcpus);
    if (resources.cpu_shares() != 0)
        limits.cpu_weight = cpu_weight_from_shares(resources.cpu_shares());
    limits.threads = kMostThreads;
    limits.disks = std::move(disks);
    limits.io = {kBeyondRates * rates.read_bytes(), kBeyondRates * rates.write_bytes(),
                 kBeyondRates * rates.read_operations(), kBeyondRates * rates.write_operations()};
    return limits;
}

std::vector<dev_t> whole_disks_of(const std::vector<sandbox::LaunchDisk>& disks) {
    std::vector<dev_t> found;
    for (const sandbox::LaunchDisk& disk : disks) {
        for (const UniqueFd& file : disk.files) {
            struct stat status {};

            if (::fstat(file.get(), &status) != 0) continue;
            const auto whole = cgroup::whole_disk(status.st_dev);
            if (whole && std::ranges::find(found, *whole) == found.end()) found.push_back(*whole);
        }
    }
    return found;
}

}  // namespace bulkhead::engine
