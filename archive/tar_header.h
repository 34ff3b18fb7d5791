// The 512-byte header of a tar member (POSIX.1-2017 pax, "ustar Interchange Format", and GNU's
// numbers in base 256). Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace bulkhead::archive {

inline constexpr std::size_t kTarBlock = 512;

struct TarHeader {
    std::string name;  // with the prefix
    std::string link;
    char type = '0';
    std::uint32_t mode = 0;
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
    std::uint64_t size = 0;
    std::int64_t mtime = 0;
    std::uint64_t device_major = 0;
    std::uint64_t device_minor = 0;
};

// Names that are too long are cut, and numbers that are too large are 0: an extended header says
// what they are.
std::array<std::byte, kTarBlock> format_header(const TarHeader& header);

[[nodiscard]] bool fits_name(const std::string& text);
[[nodiscard]] bool fits_id(std::uint64_t number);
[[nodiscard]] bool fits_size(std::uint64_t number);

// Nothing for a block of zeroes, which ends an archive.
Result<std::optional<TarHeader>> parse_header(std::span<const std::byte, kTarBlock> block);

}  // namespace bulkhead::archive
