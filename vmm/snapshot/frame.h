// The frame of a state file: what tells it from other files, from other versions and from damage.
//
//   offset  bytes
//        0      8  "BHSNAP" and two zeros
//        8      4  version
//       12      4  CRC-32C of the payload
//       16      8  length of the payload
//       24         the payload, to the end of the file
//
// Integers are little-endian. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace bulkhead::snapshot {

// Another one whenever a file of the last one would not restore to the same machine.
inline constexpr std::uint32_t kFormatVersion = 2;

std::vector<std::byte> add_frame(std::span<const std::byte> payload);

// The payload, in `file`.
Result<std::span<const std::byte>> remove_frame(std::span<const std::byte> file);

}  // namespace bulkhead::snapshot
