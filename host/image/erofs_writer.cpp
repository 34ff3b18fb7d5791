#include "host/image/erofs_writer.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/text.h"
#include "base/wire.h"
#include "host/image/erofs_layout.h"
#include "host/image/erofs_xattr.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

// Linux's file types, S_IFMT.
std::uint16_t type_bits(EntryKind kind) {
    switch (kind) {
        case EntryKind::Directory:
            return 0040000;
        case EntryKind::CharDevice:
            return 0020000;
        case EntryKind::BlockDevice:
            return 0060000;
        case EntryKind::Fifo:
            return 0010000;
        case EntryKind::Symlink:
            return 0120000;
        default:
            return 0100000;
    }
}

// A directory that no layer lists.
const LayerEntry& implied_directory() {
    static const LayerEntry kEntry = [] {
        LayerEntry entry;
        entry.kind = EntryKind::Directory;
        entry.mode = 0755;
        return entry;
    }();
    return kEntry;
}

class Writer {
  public:
    Writer(const ImageTree& tree, const DataPlacement& data, const ErofsLayout& layout)
        : tree_(tree), data_(data), layout_(layout), bytes_(layout.metadata_blocks * kBlockSize) {}

    std::vector<std::byte> write(const std::array<std::byte, 16>& uuid) {
        for (const PlacedInode& placed : layout_.inodes) write_one(placed);
        erofs::Superblock superblock;
        superblock.root_nid = layout_.nid(tree_.node(ImageTree::kRoot).inode);
        superblock.inodes = layout_.inodes.size();
        superblock.build_time = layout_.common_mtime.seconds;
        superblock.build_time_nanoseconds = layout_.common_mtime.nanoseconds;
        superblock.blocks = layout_.metadata_blocks + data_.total;
        superblock.chunked_files = chunked_files_;
        superblock.uuid = uuid;
        erofs::write_superblock(superblock, std::span(bytes_).first(kBlockSize));
        return std::move(bytes_);
    }

  private:
    void write_one(const PlacedInode& placed) {
        const LayerEntry* listed = tree_.inode(placed.inode).entry;
        const LayerEntry& entry = listed != nullptr ? *listed : implied_directory();
        erofs::Inode inode;
        inode.extended = placed.extended;
        inode.layout = placed.layout;
        inode.xattr_size = placed.xattr_bytes;
        inode.mode = static_cast<std::uint16_t>(type_bits(entry.kind) | entry.mode);
        inode.size = placed.size;
        inode.location = location(placed, entry);
        inode.number = static_cast<std::uint32_t>(placed.offset / erofs::kInodeSlot);
        inode.uid = entry.uid;
        inode.gid = entry.gid;
        inode.mtime = entry.mtime;
        inode.mtime_nanoseconds = entry.mtime_nanoseconds;
        inode.links = placed.links;
        const std::span<std::byte> place = std::span(bytes_).subspan(placed.offset);
        erofs::write_inode(inode, place);
        erofs_write_xattrs(entry.xattrs, place.subspan(placed.header_bytes() - placed.xattr_bytes,
                                                       placed.xattr_bytes));
        const auto behind = place.subspan(placed.header_bytes());
        if (placed.layout == erofs::DataLayout::ChunkBased) write_chunks(placed, entry, behind);
        if (entry.kind == EntryKind::Symlink)
            write_own_data(placed, std::as_bytes(std::span(entry.target)), behind);
        if (tree_.is_directory(placed.node)) {
            std::vector<std::byte> content(placed.size);
            write_directory(directory_items(tree_, placed.node, layout_), content);
            write_own_data(placed, content, behind);
        }
    }

    // The meaning of the inode's i_u field.
    [[nodiscard]] std::uint32_t location(const PlacedInode& placed, const LayerEntry& entry) const {
        switch (entry.kind) {
            case EntryKind::CharDevice:
            case EntryKind::BlockDevice:
                return erofs::encode_device(entry.device_major, entry.device_minor);
            case EntryKind::Directory:
            case EntryKind::Symlink:
                return placed.own_blocks != 0 ? placed.first_own_block : 0;
            case EntryKind::File:
                break;
            default:
                return 0;
        }
        if (placed.layout == erofs::DataLayout::ChunkBased) return placed.chunk_bits;
        return entry.size == 0 ? 0 : data_address(placed, entry.extents[0].data_block);
    }

    // The disk's block that holds a block of the data file of the inode's layer.
    [[nodiscard]] std::uint32_t data_address(const PlacedInode& placed,
                                             std::uint64_t data_block) const {
        const std::uint64_t start = data_.start[tree_.inode(placed.inode).layer];
        return static_cast<std::uint32_t>(layout_.metadata_blocks + start + data_block);
    }

    void write_chunks(const PlacedInode& placed, const LayerEntry& entry,
                      std::span<std::byte> area) {
        chunked_files_ = true;
        std::uint64_t next = 0;
        const auto put = [&area, &next](std::uint32_t address) {
            store_le(
                area.subspan(next * erofs::kChunkAddressSize).first<erofs::kChunkAddressSize>(),
                address);
            ++next;
        };
        for (const Extent& extent : entry.extents) {
            while (next << placed.chunk_bits < extent.file_block) put(erofs::kHole);
            while (next << placed.chunk_bits < extent.file_block + extent.blocks) {
                const std::uint64_t inside = (next << placed.chunk_bits) - extent.file_block;
                put(data_address(placed, extent.data_block + inside));
            }
        }
        while (next < placed.chunks) put(erofs::kHole);
    }

    // Whole blocks into the inode's own blocks, an inline rest behind it.
    void write_own_data(const PlacedInode& placed, std::span<const std::byte> content,
                        std::span<std::byte> behind) {
        const std::size_t in_blocks =
            std::min<std::size_t>(content.size(), placed.own_blocks * kBlockSize);
        const auto blocks = std::span(bytes_).subspan(placed.first_own_block * kBlockSize);
        std::copy_n(content.begin(), in_blocks, blocks.begin());
        std::copy(content.begin() + static_cast<std::ptrdiff_t>(in_blocks), content.end(),
                  behind.begin());
    }

    const ImageTree& tree_;
    const DataPlacement& data_;
    const ErofsLayout& layout_;
    std::vector<std::byte> bytes_;
    bool chunked_files_ = false;
};

}  // namespace

Result<std::vector<std::byte>> write_erofs(const ImageTree& tree, const DataPlacement& data,
                                           const std::array<std::byte, 16>& uuid) {
    const ErofsLayout layout = TRY(plan_layout(tree));
    // Block addresses have 32 bits, and the highest one means a hole.
    if (data.total >= erofs::kHole - layout.metadata_blocks) {
        return Error("the image is larger than 16 TiB");
    }
    return Writer(tree, data, layout).write(uuid);
}

}  // namespace bulkhead::image
