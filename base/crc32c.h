// CRC-32C (Castagnoli), as RFC 3720 appendix B.4 has it. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bulkhead {

[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes);

}  // namespace bulkhead
