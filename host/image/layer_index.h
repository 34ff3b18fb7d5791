// LayerIndex: what a layer contains, without the files' contents. Its file format is ours:
// versioned, checksummed, and parsed as untrusted input (docs/images.md "Layer index"). Thread:
// any; a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "host/image/layer_entry.h"

namespace bulkhead::image {

struct LayerIndex {
    std::uint64_t data_blocks = 0;    // length of the layer's data file, in blocks of kBlockSize
    std::vector<LayerEntry> entries;  // in the order of the layer

    friend bool operator==(const LayerIndex&, const LayerIndex&) = default;
};

// The bytes of an index file.
Result<std::vector<std::byte>> encode_layer_index(const LayerIndex& index);

// Checks everything that the rest relies on: normalised names, kinds, and extents that lie inside
// the data file and the file, in order and without overlap.
Result<LayerIndex> parse_layer_index(std::span<const std::byte> bytes);

}  // namespace bulkhead::image
