#include "host/image/image_loader.h"

#include <array>
#include <charconv>
#include <map>
#include <memory>

#include "base/text.h"
#include "host/image/checked_import.h"
#include "host/image/decompress.h"
#include "host/image/erofs_writer.h"
#include "host/image/image_tree.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

class LayerLoader {
  public:
    LayerLoader(BlobContainer& container, const LayerPlan& plan, const Digest& diff_id,
                LoadProgress progress, const LoadOptions& options)
        : container_(container),
          plan_(plan),
          diff_id_(diff_id),
          progress_(std::move(progress)),
          options_(options) {}

    Result<LayerStore::Added> load(const LayerStore& layers) {
        auto added = TRY_CONTEXT(
            layers.add(diff_id_, [this](const LayerFiles& files) { return import(files); }),
            concat("layer ", diff_id_.text()));
        progress_.present = true;
        report(progress_.total);
        return added;
    }

  private:
    Result<LayerIndex> import(const LayerFiles& files) {
        const Blob blob = TRY(container_.open(plan_.name));
        if (blob.size > kMaxBlobBytes)
            return Error(concat("larger than ", bytes_text(kMaxBlobBytes)));
        if (plan_.digest && blob.size != plan_.size) {
            return Error(concat(plan_.name, ": ", blob.size, " bytes long, and the manifest says ",
                                plan_.size));
        }
        progress_.total = blob.size;
        FileSource stored(blob.file->get(), blob.offset, blob.size);
        const auto algorithm = plan_.digest ? plan_.digest->algorithm() : DigestAlgorithm::Sha256;
        HashingSource verified(stored, algorithm, kMaxBlobBytes);
        verified.on_progress([this](std::uint64_t count) { report(count); });
        auto index = import_verified(verified, files);
        // A blob that is damaged mostly fails as bad gzip or tar: the digest is the better reason.
        if (plan_.digest && TRY(verified.finish()) != *plan_.digest) {
            return Error(
                concat(plan_.name, ": content does not match its digest ", plan_.digest->text()));
        }
        return index;
    }

    Result<LayerIndex> import_verified(ByteSource& stored, const LayerFiles& files) const {
        const auto tar = TRY(open_decompressed(stored));
        return import_checked(*tar, files, diff_id_);
    }

    // At most once for each MiB.
    void report(std::uint64_t read) {
        constexpr std::uint64_t kStep = std::uint64_t{1} << 20U;
        if (!options_.progress || (!progress_.present && read - progress_.read < kStep)) return;
        progress_.read = read;
        options_.progress(progress_);
    }

    BlobContainer& container_;
    const LayerPlan& plan_;
    const Digest& diff_id_;
    LoadProgress progress_;
    const LoadOptions& options_;
};

// A file system's UUID that only depends on the image.
std::array<std::byte, 16> uuid_of(const Digest& id) {
    std::array<std::byte, 16> uuid{};
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        unsigned value = 0;
        const char* digits = id.hex().data() + 2 * i;
        std::from_chars(digits, digits + 2, value, 16);
        uuid[i] = static_cast<std::byte>(value);
    }
    return uuid;
}

}  // namespace

Result<std::vector<std::byte>> compose(const std::vector<const LayerIndex*>& layers,
                                       const std::vector<Digest>& diff_ids, const Digest& id) {
    ImageTree tree;
    DataPlacement data;
    std::map<Digest, std::uint64_t> starts;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        TRY_CONTEXT(tree.apply(*layers[i], static_cast<std::uint32_t>(i)),
                    concat("layer ", diff_ids[i].text()));
        const auto [at, is_new] = starts.emplace(diff_ids[i], data.total);
        if (is_new) data.total += layers[i]->data_blocks;
        data.start.push_back(at->second);
    }
    return write_erofs(tree, data, uuid_of(id));
}

Result<ComposedImage> import_and_compose(BlobContainer& container, const ImagePlan& plan,
                                         const LayerStore& layers, const LoadOptions& options) {
    const std::vector<Digest>& diff_ids = plan.description.diff_ids;
    ComposedImage composed;
    std::map<Digest, LayerIndex> indexes;
    std::vector<const LayerIndex*> order;
    std::uint64_t entries = 0;
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
        auto found = indexes.find(diff_ids[i]);
        if (found == indexes.end()) {
            LoadProgress progress{i + 1, diff_ids.size(), diff_ids[i], false, 0, 0};
            LayerLoader loader(container, plan.layers[i], diff_ids[i], std::move(progress),
                               options);
            auto added = TRY(loader.load(layers));
            composed.new_layers += added.imported ? 1 : 0;
            found = indexes.emplace(diff_ids[i], std::move(added.index)).first;
        }
        entries += found->second.entries.size();
        if (entries > kMaxImageEntries)
            return Error(concat("more than ", kMaxImageEntries, " entries in all layers"));
        order.push_back(&found->second);
        composed.layer_bytes.push_back(found->second.data_blocks * kBlockSize);
    }
    composed.metadata = TRY(compose(order, diff_ids, plan.id));
    return composed;
}

}  // namespace bulkhead::image
