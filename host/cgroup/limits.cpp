#include "host/cgroup/limits.h"

#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/cgroup/place.h"

namespace bulkhead::cgroup {

namespace {

constexpr std::size_t kMaxDeviceText = 64;

std::string number_or_max(std::uint64_t number) {
    return number == 0 ? "max" : std::to_string(number);
}

std::string io_line(dev_t disk, const IoRates& rates) {
    return concat(major(disk), ":", minor(disk), " rbps=", number_or_max(rates.read_bytes),
                  " wbps=", number_or_max(rates.write_bytes),
                  " riops=", number_or_max(rates.read_operations),
                  " wiops=", number_or_max(rates.write_operations));
}

// "8:0\n"
std::optional<dev_t> parse_device(std::string_view text) {
    unsigned numbers[2] = {};
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (unsigned& number : numbers) {
        const auto parsed = std::from_chars(at, end, number);
        if (parsed.ec != std::errc() || parsed.ptr == end) return std::nullopt;
        at = parsed.ptr + 1;
    }
    return makedev(numbers[0], numbers[1]);
}

}  // namespace

std::vector<Setting> settings_of(const Limits& limits) {
    const auto of_machine = [](std::string_view file) { return concat(kMachine, "/", file); };
    std::vector<Setting> settings = {
        {"/cpu.max", concat(number_or_max(limits.cpu_quota_us), " ", Limits::kCpuPeriodUs)},
        {"/cpu.weight", std::to_string(limits.cpu_weight)},
        {of_machine("memory.max"), number_or_max(limits.memory_bytes)},
        // A guest's memory holds what nobody wants to find on a disk.
        {of_machine("memory.swap.max"), "0", true},
        {of_machine("pids.max"), number_or_max(limits.threads)},
    };
    for (const dev_t disk : limits.disks)
        settings.push_back({of_machine("io.max"), io_line(disk, limits.io), true});
    return settings;
}

std::optional<dev_t> whole_disk(dev_t device, const std::string& sys) {
    const std::string entry = concat(sys, "/dev/block/", major(device), ":", minor(device));
    if (::access(entry.c_str(), F_OK) != 0) return std::nullopt;
    if (::access((entry + "/partition").c_str(), F_OK) != 0) return device;
    // The entry is a link to the partition's directory, which is in its disk's.
    std::error_code failure;
    const std::filesystem::path partition = std::filesystem::canonical(entry, failure);
    if (failure) return std::nullopt;
    const auto text = read_file((partition.parent_path() / "dev").string(), kMaxDeviceText);
    return text ? parse_device(*text) : std::nullopt;
}

}  // namespace bulkhead::cgroup
