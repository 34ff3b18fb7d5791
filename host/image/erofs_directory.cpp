#include "host/image/erofs_directory.h"

#include <algorithm>
#include <cstring>

#include "base/wire.h"
#include "host/image/erofs_format.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

struct BlockPlan {
    std::size_t items = 0;
    std::size_t bytes = 0;
};

// As many of the next items as one block holds.
BlockPlan plan_block(std::span<const DirectoryItem> items) {
    BlockPlan plan;
    for (const DirectoryItem& item : items) {
        const std::size_t bytes = plan.bytes + erofs::kDirentSize + item.name.size();
        if (bytes > kBlockSize) break;
        plan.bytes = bytes;
        ++plan.items;
    }
    return plan;
}

void write_block(std::span<const DirectoryItem> items, std::span<std::byte> block) {
    std::size_t name_at = items.size() * erofs::kDirentSize;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto entry = block.subspan(i * erofs::kDirentSize);
        store_le(entry.subspan<0, 8>(), items[i].nid);
        store_le(entry.subspan<8, 2>(), static_cast<std::uint16_t>(name_at));
        store_le(entry.subspan<10, 1>(), items[i].type);
        std::memcpy(block.subspan(name_at).data(), items[i].name.data(), items[i].name.size());
        name_at += items[i].name.size();
    }
}

}  // namespace

std::uint64_t directory_size(std::span<const DirectoryItem> items) {
    std::uint64_t full = 0;
    while (true) {
        const BlockPlan plan = plan_block(items);
        items = items.subspan(plan.items);
        if (items.empty()) return full + plan.bytes;
        full += kBlockSize;
    }
}

void write_directory(std::span<const DirectoryItem> items, std::span<std::byte> content) {
    while (!items.empty()) {
        const BlockPlan plan = plan_block(items);
        const std::size_t length = std::min<std::size_t>(kBlockSize, content.size());
        write_block(items.first(plan.items), content.first(length));
        items = items.subspan(plan.items);
        content = content.subspan(length);
    }
}

}  // namespace bulkhead::image
