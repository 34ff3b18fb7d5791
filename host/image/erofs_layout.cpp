#include "host/image/erofs_layout.h"

#include <algorithm>
#include <bit>

#include "base/text.h"
#include "host/image/erofs_xattr.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t to) {
    return (value + to - 1) / to * to;
}

constexpr std::uint64_t blocks_for(std::uint64_t bytes) {
    return round_up(bytes, kBlockSize) / kBlockSize;
}

std::uint8_t type_of(const ImageTree::Inode& inode) {
    if (inode.entry == nullptr) return 2;
    switch (inode.entry->kind) {
        case EntryKind::Directory:
            return 2;
        case EntryKind::CharDevice:
            return 3;
        case EntryKind::BlockDevice:
            return 4;
        case EntryKind::Fifo:
            return 5;
        case EntryKind::Symlink:
            return 7;
        default:
            return 1;
    }
}

// The largest chunk with which every chunk is either a hole or one run in the data file.
std::uint8_t chunk_bits_for(const LayerEntry& file) {
    const std::uint64_t file_blocks = blocks_for(file.size);
    std::uint64_t cuts = 0;
    for (const Extent& extent : file.extents) {
        cuts |= extent.file_block;
        if (extent.file_block + extent.blocks != file_blocks) cuts |= extent.blocks;
    }
    const int whole = static_cast<int>(std::bit_width(file_blocks - 1));
    const int bits = cuts == 0 ? whole : std::min(std::countr_zero(cuts), whole);
    return static_cast<std::uint8_t>(
        std::min<std::uint64_t>(static_cast<std::uint64_t>(bits), erofs::kMaxChunkBits));
}

bool is_one_run(const LayerEntry& file) {
    if (file.size == 0) return true;
    return file.extents.size() == 1 && file.extents[0].blocks == blocks_for(file.size);
}

class Planner {
  public:
    explicit Planner(const ImageTree& tree) : tree_(tree) {}

    Result<ErofsLayout> plan() {
        order();
        choose_common_mtime();
        std::uint64_t own_blocks = 0;
        std::uint64_t end = kBlockSize;
        for (PlacedInode& placed : layout_.inodes) {
            choose_form(placed);
            place(placed, end);
            placed.first_own_block = static_cast<std::uint32_t>(own_blocks);
            own_blocks += placed.own_blocks;
            if (end + own_blocks * kBlockSize > kMaxMetadataBytes) {
                return Error(concat("the image's directories and attributes take more than ",
                                    bytes_text(kMaxMetadataBytes)));
            }
        }
        const std::uint64_t inode_blocks = blocks_for(end);
        for (PlacedInode& placed : layout_.inodes)
            placed.first_own_block += static_cast<std::uint32_t>(inode_blocks);
        layout_.metadata_blocks = inode_blocks + own_blocks;
        return std::move(layout_);
    }

  private:
    // Parents before children, a directory's children side by side.
    void order() {
        layout_.by_inode.assign(tree_.inode_count(), ImageTree::kNone);
        add(ImageTree::kRoot);
        for (std::size_t i = 0; i < layout_.inodes.size(); ++i) {
            const ImageTree::NodeId node = layout_.inodes[i].node;
            if (!tree_.is_directory(node)) continue;
            std::uint32_t links = 2;
            for (const auto& [name, child] : tree_.directory(node).children) {
                add(child);
                links += tree_.is_directory(child) ? 1U : 0U;
            }
            layout_.inodes[i].links = links;
        }
    }

    void add(ImageTree::NodeId node) {
        const ImageTree::InodeId inode = tree_.node(node).inode;
        if (layout_.by_inode[inode] != ImageTree::kNone) return;
        layout_.by_inode[inode] = static_cast<std::uint32_t>(layout_.inodes.size());
        PlacedInode placed;
        placed.inode = inode;
        placed.node = node;
        placed.links = tree_.inode(inode).names;
        layout_.inodes.push_back(placed);
    }

    void choose_common_mtime() {
        std::vector<Timestamp> times;
        times.reserve(layout_.inodes.size());
        for (const PlacedInode& placed : layout_.inodes)
            times.push_back(mtime_of(tree_.inode(placed.inode)));
        std::sort(times.begin(), times.end());
        std::ptrdiff_t best = 0;
        for (auto at = times.begin(); at != times.end();) {
            const auto next = std::upper_bound(at, times.end(), *at);
            if (next - at > best) {
                best = next - at;
                layout_.common_mtime = *at;
            }
            at = next;
        }
    }

    void choose_form(PlacedInode& placed) const {
        const ImageTree::Inode& inode = tree_.inode(placed.inode);
        if (tree_.is_directory(placed.node)) {
            placed.size = directory_size(directory_items(tree_, placed.node, layout_));
        } else if (inode.entry->kind == EntryKind::Symlink) {
            placed.size = inode.entry->target.size();
        } else if (inode.entry->kind == EntryKind::File) {
            placed.size = inode.entry->size;
            if (!is_one_run(*inode.entry)) {
                placed.layout = erofs::DataLayout::ChunkBased;
                placed.chunk_bits = chunk_bits_for(*inode.entry);
                const std::uint64_t chunk = kBlockSize << placed.chunk_bits;
                placed.chunks = static_cast<std::uint32_t>(round_up(placed.size, chunk) / chunk);
            }
        }
        if (inode.entry == nullptr) {
            placed.extended = mtime_of(inode) != layout_.common_mtime;
        } else {
            placed.xattr_bytes = static_cast<std::uint32_t>(erofs_xattr_size(inode.entry->xattrs));
            placed.extended = inode.entry->uid > 0xffff || inode.entry->gid > 0xffff ||
                              mtime_of(inode) != layout_.common_mtime;
        }
        placed.extended = placed.extended || placed.size > 0xffffffff || placed.links > 0xffff;
    }

    [[nodiscard]] bool has_own_data(const PlacedInode& placed) const {
        const LayerEntry* entry = tree_.inode(placed.inode).entry;
        return tree_.is_directory(placed.node) || entry->kind == EntryKind::Symlink;
    }

    // Puts the inode at or behind `end`, and moves that behind it.
    void place(PlacedInode& placed, std::uint64_t& end) const {
        end = round_up(end, erofs::kInodeSlot);
        // An extended inode may cross a block's end, but readers are simpler if none does.
        if (placed.extended && end % kBlockSize > kBlockSize - erofs::kExtendedInodeSize)
            end = round_up(end, kBlockSize);
        std::uint64_t behind = std::uint64_t{placed.chunks} * erofs::kChunkAddressSize;
        if (has_own_data(placed)) {
            const std::uint64_t tail = placed.size % kBlockSize;
            // Inline data has to end in the block where it starts.
            const bool fits_here = (end + placed.header_bytes()) % kBlockSize + tail <= kBlockSize;
            const bool fits_next = placed.header_bytes() % kBlockSize + tail <= kBlockSize;
            if (tail != 0 && (fits_here || fits_next)) {
                if (!fits_here) end = round_up(end, kBlockSize);
                placed.layout = erofs::DataLayout::FlatInline;
                behind = tail;
            }
            placed.own_blocks = static_cast<std::uint32_t>(
                placed.layout == erofs::DataLayout::FlatInline ? placed.size / kBlockSize
                                                               : blocks_for(placed.size));
        }
        placed.offset = end;
        end += placed.header_bytes() + behind;
    }

    const ImageTree& tree_;
    ErofsLayout layout_;
};

}  // namespace

Timestamp mtime_of(const ImageTree::Inode& inode) {
    if (inode.entry == nullptr) return {};
    return {inode.entry->mtime, inode.entry->mtime_nanoseconds};
}

std::vector<DirectoryItem> directory_items(const ImageTree& tree, ImageTree::NodeId node,
                                           const ErofsLayout& layout) {
    constexpr std::uint8_t kDirectoryType = 2;
    const auto& children = tree.directory(node).children;
    std::vector<DirectoryItem> items;
    items.reserve(children.size() + 2);
    for (const auto& [name, child] : children) {
        const ImageTree::InodeId inode = tree.node(child).inode;
        items.push_back({name, layout.nid(inode), type_of(tree.inode(inode))});
    }
    const auto insert = [&items, &layout, &tree](std::string_view name, ImageTree::NodeId target) {
        const auto at = std::lower_bound(
            items.begin(), items.end(), name,
            [](const DirectoryItem& item, std::string_view key) { return item.name < key; });
        items.insert(at, {name, layout.nid(tree.node(target).inode), kDirectoryType});
    };
    insert(".", node);
    insert("..", tree.node(node).parent);
    return items;
}

Result<ErofsLayout> plan_layout(const ImageTree& tree) {
    return Planner(tree).plan();
}

}  // namespace bulkhead::image
