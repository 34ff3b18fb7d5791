// docker's --device-read-bps and its kin: "[PATH:]RATE", per second. docker's path names one of the
// host's block devices. A container's disks lie wherever its state does, and the limit holds for
// all of them together, so the path must be one and is not looked at. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

// What was not said is not set; 0: no limit.
struct DiskLimits {
    std::optional<std::uint64_t> read_bytes;
    std::optional<std::uint64_t> write_bytes;
    std::optional<std::uint64_t> read_operations;
    std::optional<std::uint64_t> write_operations;
};

// "/dev/sda:1mb", "512k".
Result<std::uint64_t> parse_byte_rate(std::string_view text);

// "/dev/sda:100", "100".
Result<std::uint64_t> parse_operation_rate(std::string_view text);

}  // namespace bulkhead::runtime
