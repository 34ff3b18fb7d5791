// ImageRecord: what the store remembers about one image besides its config; a small JSON file named
// by the image's id. Thread: any; a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/image/digest.h"

namespace bulkhead::image {

struct ImageRecord {
    std::optional<Digest> digest;  // of the manifest
    std::uint64_t metadata_bytes = 0;
    std::vector<std::uint64_t> layer_bytes;  // of the data file of each layer, lowest first
};

std::string image_record_text(const ImageRecord& record);

Result<ImageRecord> parse_image_record(std::string_view json);

}  // namespace bulkhead::image
