// EROFS on disk, the part that we write: kernel Documentation/filesystems/erofs.rst and
// fs/erofs/erofs_fs.h (Linux 6.12). Everything is little-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bulkhead::image::erofs {

inline constexpr std::uint32_t kMagic = 0xe0f5e1e2;
inline constexpr std::size_t kSuperblockOffset = 1024;
inline constexpr std::size_t kSuperblockSize = 128;
inline constexpr std::uint8_t kBlockBits = 12;

inline constexpr std::uint32_t kCompatChecksum = 1U << 0U;
inline constexpr std::uint32_t kCompatMtime = 1U << 1U;
inline constexpr std::uint32_t kIncompatChunkedFile = 1U << 2U;

// An inode's number is its place: offset in the metadata area divided by this.
inline constexpr std::uint64_t kInodeSlot = 32;
inline constexpr std::size_t kCompactInodeSize = 32;
inline constexpr std::size_t kExtendedInodeSize = 64;

// Where a file's bytes are.
enum class DataLayout : std::uint8_t {
    FlatPlain = 0,   // consecutive blocks
    FlatInline = 2,  // the same, but the last, partial block is behind the inode
    ChunkBased = 4,  // an array of block addresses behind the inode, one for each chunk
};

inline constexpr std::size_t kChunkAddressSize = 4;
inline constexpr std::uint32_t kHole = 0xffffffff;
inline constexpr std::uint64_t kMaxChunkBits = 31;  // above a block's

inline constexpr std::size_t kXattrHeaderSize = 12;
inline constexpr std::size_t kXattrEntrySize = 4;

inline constexpr std::size_t kDirentSize = 12;

struct Superblock {
    std::uint64_t root_nid = 0;
    std::uint64_t inodes = 0;
    std::int64_t build_time = 0;  // the mtime of all compact inodes
    std::uint32_t build_time_nanoseconds = 0;
    std::uint64_t blocks = 0;
    bool chunked_files = false;
    std::array<std::byte, 16> uuid{};
};

// Fills the file system's first block, checksum included.
void write_superblock(const Superblock& superblock, std::span<std::byte> block);

struct Inode {
    bool extended = false;
    DataLayout layout = DataLayout::FlatPlain;
    std::size_t xattr_size = 0;
    std::uint16_t mode = 0;  // with the type
    std::uint64_t size = 0;
    std::uint32_t location = 0;  // first block, device number or chunk format
    std::uint32_t number = 0;    // for 32-bit stat only
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime = 0;
    std::uint32_t mtime_nanoseconds = 0;
    std::uint32_t links = 0;
};

void write_inode(const Inode& inode, std::span<std::byte> place);

// st_rdev as Linux encodes it in 32 bits (include/linux/kdev_t.h, new_encode_dev).
constexpr std::uint32_t encode_device(std::uint32_t major, std::uint32_t minor) {
    return (minor & 0xffU) | (major << 8U) | ((minor & ~0xffU) << 12U);
}

}  // namespace bulkhead::image::erofs
