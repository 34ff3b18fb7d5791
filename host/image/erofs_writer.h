// Writes the EROFS metadata of an image: superblock, inodes and directories. The files' contents
// stay in the layers' data files, which follow the metadata on the virtual disk. Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "host/image/image_tree.h"

namespace bulkhead::image {

// Where the layers' data files lie on the disk, in blocks behind the metadata.
struct DataPlacement {
    std::vector<std::uint64_t> start;  // of each layer, by number
    std::uint64_t total = 0;
};

// The metadata, a whole number of blocks: the first part of the disk.
Result<std::vector<std::byte>> write_erofs(const ImageTree& tree, const DataPlacement& data,
                                           const std::array<std::byte, 16>& uuid);

}  // namespace bulkhead::image
