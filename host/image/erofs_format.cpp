#include "host/image/erofs_format.h"

#include <concepts>

#include "base/crc32c.h"
#include "base/wire.h"

namespace bulkhead::image::erofs {

namespace {

// In struct erofs_super_block.
constexpr std::size_t kChecksumOffset = 4;
constexpr std::size_t kVolumeNameSize = 16;

// Puts fields one after another into a zeroed place; what is not put stays zero.
class FieldWriter {
  public:
    explicit FieldWriter(std::span<std::byte> place) : rest_(place) {}

    template <std::unsigned_integral T>
    void put(T value) {
        store_le(rest_.first<sizeof(T)>(), value);
        skip(sizeof(T));
    }

    void skip(std::size_t bytes) { rest_ = rest_.subspan(bytes); }

  private:
    std::span<std::byte> rest_;
};

}  // namespace

void write_superblock(const Superblock& superblock, std::span<std::byte> block) {
    const auto whole = block.subspan(kSuperblockOffset);
    FieldWriter out(whole);
    out.put(kMagic);
    out.put(std::uint32_t{0});  // checksum, below
    out.put(kCompatChecksum | kCompatMtime);
    out.put(kBlockBits);
    out.put(std::uint8_t{0});  // no extension slots
    out.put(static_cast<std::uint16_t>(superblock.root_nid));
    out.put(superblock.inodes);
    out.put(static_cast<std::uint64_t>(superblock.build_time));
    out.put(superblock.build_time_nanoseconds);
    out.put(static_cast<std::uint32_t>(superblock.blocks));
    out.put(std::uint32_t{0});  // the metadata area starts at block 0
    out.put(std::uint32_t{0});  // no shared extended attributes
    for (const std::byte byte : superblock.uuid) out.put(std::to_integer<std::uint8_t>(byte));
    out.skip(kVolumeNameSize);
    out.put(superblock.chunked_files ? kIncompatChunkedFile : std::uint32_t{0});
    // As the kernel's crc32c(~0, ...): not inverted at the end.
    store_le(whole.subspan<kChecksumOffset, 4>(), ~crc32c(whole));
}

void write_inode(const Inode& inode, std::span<std::byte> place) {
    constexpr std::size_t kXattrUnit = 4;
    const std::size_t xattr_count =
        inode.xattr_size == 0 ? 0 : (inode.xattr_size - kXattrHeaderSize) / kXattrUnit + 1;
    FieldWriter out(place);
    const unsigned layout = static_cast<unsigned>(inode.layout) << 1U;
    out.put(static_cast<std::uint16_t>(layout | (inode.extended ? 1U : 0U)));
    out.put(static_cast<std::uint16_t>(xattr_count));
    out.put(inode.mode);
    if (inode.extended) {
        out.put(std::uint16_t{0});
        out.put(inode.size);
        out.put(inode.location);
        out.put(inode.number);
        out.put(inode.uid);
        out.put(inode.gid);
        out.put(static_cast<std::uint64_t>(inode.mtime));
        out.put(inode.mtime_nanoseconds);
        out.put(inode.links);
    } else {
        out.put(static_cast<std::uint16_t>(inode.links));
        out.put(static_cast<std::uint32_t>(inode.size));
        out.put(std::uint32_t{0});
        out.put(inode.location);
        out.put(inode.number);
        out.put(static_cast<std::uint16_t>(inode.uid));
        out.put(static_cast<std::uint16_t>(inode.gid));
    }
}

}  // namespace bulkhead::image::erofs
