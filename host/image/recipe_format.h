// The recipe file: magic, the tar stream's size, and one zstd frame of parts. For this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bulkhead::image {

inline constexpr std::string_view kRecipeMagic = "BKHTARR1";
// Magic and the 64-bit size.
inline constexpr std::size_t kRecipeHeaderBytes = 16;

// Each part begins with one of these, all integers little-endian.
enum class RecipePart : std::uint8_t {
    End = 0,
    Bytes = 1,  // 32-bit length, and as many bytes
    Data = 2,   // 64-bit offset in the data file, 64-bit length
};

// Of a part's own bytes, and so of what the recorder holds back.
inline constexpr std::size_t kMaxPartBytes = std::size_t{1} << 20U;

}  // namespace bulkhead::image
