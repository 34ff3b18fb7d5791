#include "host/image/layer_import.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "host/image/data_file.h"
#include "host/image/erofs_xattr.h"
#include "host/image/layer_path.h"
#include "host/image/layer_recipe.h"
#include "host/image/limits.h"
#include "host/image/tar_reader.h"

namespace bulkhead::image {

namespace {

// OCI image-spec, layer.md "Whiteouts"; the rest of the prefix below is AUFS's own bookkeeping,
// which Docker skips too.
constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kOpaqueName = ".wh..wh..opq";
constexpr std::string_view kAufsPrefix = ".wh..wh.";

std::string join(std::string_view directory, std::string_view name) {
    return directory.empty() ? std::string(name) : concat(directory, "/", name);
}

// Turns a whiteout's name into what it means. Nothing for what is skipped.
Result<std::optional<LayerEntry>> read_marker(LayerEntry entry) {
    if (entry.path.starts_with(kAufsPrefix) && entry.path != kOpaqueName)
        return std::optional<LayerEntry>();
    const auto [parent, name] = split_path(entry.path);
    if (join("", parent).starts_with(kWhiteoutPrefix) ||
        parent.find("/.wh.") != std::string_view::npos) {
        return Error("a directory's name starts with .wh., which is kept for whiteouts");
    }
    if (!name.starts_with(kWhiteoutPrefix)) return std::optional<LayerEntry>(std::move(entry));
    LayerEntry marker;
    if (name == kOpaqueName) {
        marker.kind = EntryKind::OpaqueDirectory;
        marker.path = parent;
        return std::optional<LayerEntry>(std::move(marker));
    }
    const std::string_view hidden = name.substr(kWhiteoutPrefix.size());
    if (hidden.empty() || hidden == "." || hidden == "..")
        return Error("a whiteout without a name");
    marker.kind = EntryKind::Whiteout;
    marker.path = join(parent, hidden);
    return std::optional<LayerEntry>(std::move(marker));
}

Result<std::optional<LayerEntry>> prepare(LayerEntry entry) {
    entry.path = TRY(normalise_path(entry.path));
    if (entry.kind == EntryKind::HardLink) entry.target = TRY(normalise_path(entry.target));
    auto prepared = TRY(read_marker(std::move(entry)));
    if (!prepared) return prepared;
    TRY(check_entry(*prepared));
    auto& xattrs = prepared->xattrs;
    xattrs.erase(std::remove_if(xattrs.begin(), xattrs.end(),
                                [](const Xattr& xattr) { return !erofs_keeps_xattr(xattr.name); }),
                 xattrs.end());
    return prepared;
}

Result<void> import_data(TarReader& tar, DataFileWriter& data, LayerEntry& entry,
                         RecipeRecorder* recipe) {
    data.begin_file(entry.size, !tar.contiguous());
    if (recipe != nullptr && tar.contiguous() && entry.size != 0)
        TRY(recipe->file_content(tar.data_offset(), data.position(), entry.size));
    while (const auto block = TRY(tar.read_block())) {
        TRY(data.write(block->offset, block->bytes));
    }
    entry.extents = TRY(data.end_file());
    return {};
}

}  // namespace

Result<LayerIndex> import_layer(ByteSource& tar, int data_fd, RecipeRecorder* recipe) {
    LayerIndex index;
    DataFileWriter data(data_fd);
    const auto reader = TRY(TarReader::open(tar));
    while (auto raw = TRY(reader->next())) {
        if (index.entries.size() == kMaxLayerEntries)
            return Error(concat("more than ", kMaxLayerEntries, " files"));
        const std::string name = raw->path;
        auto entry = TRY_CONTEXT(prepare(std::move(*raw)), quoted(name));
        if (!entry) continue;
        if (entry->kind == EntryKind::File) {
            TRY_CONTEXT(import_data(*reader, data, *entry, recipe), quoted(name));
        }
        index.entries.push_back(std::move(*entry));
    }
    index.data_blocks = TRY(data.finish());
    return index;
}

}  // namespace bulkhead::image
