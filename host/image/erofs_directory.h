// A directory's content in EROFS: blocks of sorted entries, each block with the entries first and
// their names behind them (kernel Documentation/filesystems/erofs.rst, "Directories"). Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bulkhead::image {

struct DirectoryItem {
    std::string_view name;
    std::uint64_t nid = 0;
    std::uint8_t type = 0;  // EROFS_FT_*, the numbers of Linux's FT_*
};

// Items are sorted by the bytes of their names, "." and ".." among them.
std::uint64_t directory_size(std::span<const DirectoryItem> items);

// Fills exactly directory_size() bytes.
void write_directory(std::span<const DirectoryItem> items, std::span<std::byte> content);

}  // namespace bulkhead::image
