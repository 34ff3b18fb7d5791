#include "tests/support/image/composed_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

#include "base/syscalls.h"
#include "host/image/byte_source.h"
#include "host/image/image_loader.h"
#include "host/image/layer_import.h"
#include "host/image/layer_index.h"
#include "host/image/limits.h"

namespace bulkhead::test {

namespace {

UniqueFd memory_file() {
    return UniqueFd(::memfd_create("bulkhead-test", MFD_CLOEXEC));
}

}  // namespace

std::unique_ptr<ComposedImage> compose_layers(const std::vector<std::string>& tars) {
    auto composed = std::make_unique<ComposedImage>();
    std::vector<image::LayerIndex> indexes;
    std::vector<image::Digest> diff_ids;
    std::vector<UniqueFd> data;
    for (const std::string& tar : tars) {
        // Layers of the same content are different ones here: the position is part of the digest.
        const std::string unique = tar + std::to_string(diff_ids.size());
        diff_ids.push_back(
            image::digest_of(image::DigestAlgorithm::Sha256, std::as_bytes(std::span(unique))));
        image::MemorySource source(std::as_bytes(std::span(tar)));
        data.push_back(memory_file());
        auto imported = image::import_layer(source, data.back().get());
        if (imported.ok()) {
            const auto bytes = image::encode_layer_index(*imported);
            if (bytes.ok()) imported = image::parse_layer_index(*bytes);
        }
        if (!imported.ok()) {
            composed->error = imported.error().message();
            return composed;
        }
        indexes.push_back(std::move(*imported));
    }
    std::vector<const image::LayerIndex*> order;
    for (const image::LayerIndex& index : indexes) order.push_back(&index);
    const std::string nothing = "id";
    const auto metadata = image::compose(
        order, diff_ids,
        image::digest_of(image::DigestAlgorithm::Sha256, std::as_bytes(std::span(nothing))));
    if (!metadata.ok()) {
        composed->error = metadata.error().message();
        return composed;
    }
    UniqueFd front = memory_file();
    if (!write_full(front.get(), *metadata).ok()) throw std::runtime_error("memfd");
    composed->metadata_bytes = metadata->size();
    composed->disk.append(std::move(front), metadata->size());
    for (std::size_t i = 0; i < indexes.size(); ++i) {
        composed->disk.append(std::move(data[i]), indexes[i].data_blocks * image::kBlockSize);
    }
    return composed;
}

ComposedTree::ComposedTree(const std::vector<std::string>& tars) : image_(compose_layers(tars)) {
    if (!image_->error.empty()) throw std::runtime_error(image_->error);
    reader_ = std::make_unique<ErofsReader>(image_->disk);
}

std::string ComposedTree::names() const {
    std::string names;
    for (const auto& [path, file] : reader_->files()) {
        if (!path.empty()) names += (names.empty() ? "" : " ") + path;
    }
    return names;
}

}  // namespace bulkhead::test
