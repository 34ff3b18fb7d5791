// The middle of a load: brings a plan's layers into the layer store, verified, and composes the
// image's EROFS metadata over them. Thread: any one at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "host/image/image_plan.h"
#include "host/image/image_store.h"
#include "host/image/layer_store.h"

namespace bulkhead::image {

struct ComposedImage {
    std::vector<std::byte> metadata;
    std::vector<std::uint64_t> layer_bytes;  // of each layer's data file, lowest first
    std::size_t new_layers = 0;
};

Result<ComposedImage> import_and_compose(BlobContainer& container, const ImagePlan& plan,
                                         const LayerStore& layers, const LoadOptions& options);

// The EROFS metadata of layers that lie over each other, and where their data is expected behind
// it.
Result<std::vector<std::byte>> compose(const std::vector<const LayerIndex*>& layers,
                                       const std::vector<Digest>& diff_ids, const Digest& id);

}  // namespace bulkhead::image
