// ErofsLayout: decides the place and the form of every inode of a merged tree. Inodes follow each
// other from block 1, in the order of a walk, each with its attributes and its inline data or chunk
// array behind it; directory blocks that are not inline come behind them all. Thread: any; a plain
// value.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "host/image/erofs_directory.h"
#include "host/image/erofs_format.h"
#include "host/image/image_tree.h"

namespace bulkhead::image {

struct PlacedInode {
    ImageTree::InodeId inode = ImageTree::kNone;
    ImageTree::NodeId node = ImageTree::kNone;  // one of its names
    std::uint64_t offset = 0;                   // in the metadata
    std::uint64_t size = 0;                     // st_size
    std::uint32_t links = 0;
    std::uint32_t xattr_bytes = 0;
    std::uint32_t own_blocks = 0;  // blocks in the metadata that are not inline
    std::uint32_t first_own_block = 0;
    erofs::DataLayout layout = erofs::DataLayout::FlatPlain;
    bool extended = false;
    std::uint8_t chunk_bits = 0;  // above a block's
    std::uint32_t chunks = 0;

    [[nodiscard]] std::uint64_t header_bytes() const {
        return (extended ? erofs::kExtendedInodeSize : erofs::kCompactInodeSize) + xattr_bytes;
    }
};

struct Timestamp {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;

    friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

Timestamp mtime_of(const ImageTree::Inode& inode);

struct ErofsLayout {
    std::vector<PlacedInode> inodes;      // the root first
    std::vector<std::uint32_t> by_inode;  // ImageTree::InodeId -> position in `inodes`
    Timestamp common_mtime;               // what the most files have: those can be compact
    std::uint64_t metadata_blocks = 0;

    [[nodiscard]] std::uint64_t nid(ImageTree::InodeId inode) const {
        return inodes[by_inode[inode]].offset / erofs::kInodeSlot;
    }
};

// Fails when the metadata would be larger than kMaxMetadataBytes.
Result<ErofsLayout> plan_layout(const ImageTree& tree);

// A directory's entries with "." and "..", sorted; the numbers as `layout` has them so far.
std::vector<DirectoryItem> directory_items(const ImageTree& tree, ImageTree::NodeId node,
                                           const ErofsLayout& layout);

}  // namespace bulkhead::image
