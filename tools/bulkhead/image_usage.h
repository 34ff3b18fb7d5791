// What images take on disk: layers are stored once, and several images may share one. Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/image/image_store.h"

namespace bulkhead::cli {

class ImageUsage {
  public:
    explicit ImageUsage(const std::vector<image::Image>& images);

    // All images together.
    [[nodiscard]] std::uint64_t total() const;
    // What would be free without the images that are not in `kept` (ids).
    [[nodiscard]] std::uint64_t reclaimable(const std::set<std::string>& kept) const;
    // Of the image, in layers that others have too.
    [[nodiscard]] std::uint64_t shared(const image::Image& image) const;

  private:
    const std::vector<image::Image>& images_;
    std::map<image::Digest, std::size_t> users_;  // images for each layer
};

}  // namespace bulkhead::cli
