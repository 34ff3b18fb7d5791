#include "tools/bulkhead/image_usage.h"

#include <algorithm>

namespace bulkhead::cli {

namespace {

// An image may have one layer twice; on disk it is there once.
std::map<image::Digest, std::uint64_t> layers_of(const image::Image& image) {
    std::map<image::Digest, std::uint64_t> layers;
    for (std::size_t i = 0; i < image.layers.size(); ++i)
        layers.emplace(image.layers[i], image.layer_bytes[i]);
    return layers;
}

template <class Wanted>
std::uint64_t bytes_of(const std::vector<image::Image>& images, const Wanted& wanted) {
    std::map<image::Digest, std::uint64_t> layers;
    std::uint64_t bytes = 0;
    for (const image::Image& image : images) {
        if (!wanted(image)) continue;
        bytes += image.metadata_bytes;
        layers.merge(layers_of(image));
    }
    for (const auto& [layer, size] : layers) bytes += size;
    return bytes;
}

}  // namespace

ImageUsage::ImageUsage(const std::vector<image::Image>& images) : images_(images) {
    for (const image::Image& image : images) {
        for (const auto& [layer, size] : layers_of(image)) ++users_[layer];
    }
}

std::uint64_t ImageUsage::total() const {
    return bytes_of(images_, [](const image::Image&) { return true; });
}

std::uint64_t ImageUsage::reclaimable(const std::set<std::string>& kept) const {
    return total() - bytes_of(images_, [&kept](const image::Image& image) {
               return kept.contains(image.id.text());
           });
}

std::uint64_t ImageUsage::shared(const image::Image& image) const {
    std::uint64_t bytes = 0;
    for (const auto& [layer, size] : layers_of(image)) bytes += users_.at(layer) > 1 ? size : 0;
    return bytes;
}

}  // namespace bulkhead::cli
