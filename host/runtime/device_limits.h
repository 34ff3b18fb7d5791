// How much a machine's devices may move in a second.
//
// docker's --device-read-bps and its kin: "[PATH:]RATE". docker's path names one of the
// host's block devices. A container's disks lie wherever its state does, and the limit holds for
// all of them together, so the path must be one and is not looked at.
//
// --stream-bps and --stream-iops have no counterpart there: RATE, for the streams between host and
// guest. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

// What was not said is not set; 0: no limit.
struct DeviceLimits {
    std::optional<std::uint64_t> read_bytes;
    std::optional<std::uint64_t> write_bytes;
    std::optional<std::uint64_t> read_operations;
    std::optional<std::uint64_t> write_operations;
    std::optional<std::uint64_t> stream_bytes;
    std::optional<std::uint64_t> stream_packets;
};

// "/dev/sda:1mb", "512k".
Result<std::uint64_t> parse_byte_rate(std::string_view text);

// "/dev/sda:100", "100".
Result<std::uint64_t> parse_operation_rate(std::string_view text);

// Below these, a container would seem to hang: its last output has to come out before it ends.
inline constexpr std::uint64_t kLeastStreamBytes = 64 * 1024;
inline constexpr std::uint64_t kLeastStreamPackets = 100;

// "1m"; 0: no limit.
Result<std::uint64_t> parse_stream_bytes(std::string_view text);
// "2000"
Result<std::uint64_t> parse_stream_packets(std::string_view text);

}  // namespace bulkhead::runtime
