// What a container may use of the host, as the files of its cgroup. Processor time is that of its
// machine and its supervisor together, all else the machine's. cgroup v2, "Controllers".
// Thread: any (pure, but for whole_disk()).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::cgroup {

// In a second; 0: no limit.
struct IoRates {
    std::uint64_t read_bytes = 0;
    std::uint64_t write_bytes = 0;
    std::uint64_t read_operations = 0;
    std::uint64_t write_operations = 0;

    friend bool operator==(const IoRates&, const IoRates&) = default;
};

struct Limits {
    static constexpr std::uint64_t kCpuPeriodUs = 100'000;
    static constexpr std::uint64_t kDefaultCpuWeight = 100;

    std::uint64_t memory_bytes = 0;  // of the monitor and its kernel memory; 0: no limit
    std::uint64_t cpu_quota_us = 0;  // of each kCpuPeriodUs; 0: no limit
    std::uint64_t cpu_weight = kDefaultCpuWeight;
    std::uint64_t threads = 0;  // 0: no limit
    std::vector<dev_t> disks;   // whole ones; `io` is of each
    IoRates io;
};

// One file of the cgroup, and what is written to it.
struct Setting {
    std::string file;  // with a / in front: the container's cgroup is the root
    std::string value;
    bool optional = false;  // the kernel may lack this file
};

// In the order of writing. Every limit is written, "max" where there is none, so that what a cgroup
// held before does not matter.
[[nodiscard]] std::vector<Setting> settings_of(const Limits& limits);

// The disk that holds a file system's device: a partition's whole disk, the only kind that io.max
// takes. Nothing: it has none (tmpfs, overlayfs, btrfs, ...). `sys`: where sysfs is.
[[nodiscard]] std::optional<dev_t> whole_disk(dev_t device, const std::string& sys = "/sys");

}  // namespace bulkhead::cgroup
