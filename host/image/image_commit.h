// A new image from a container: its own image with one more layer. Thread: any.
#pragma once

#include <string>
#include <vector>

#include "host/image/digest.h"
#include "host/image/image_config.h"

namespace bulkhead::image {

struct ImageCommit {
    Digest base;
    int layer = -1;    // a file with the new layer's tar stream; stays the caller's
    std::string name;  // of the new image; may be empty
    std::string author;
    std::string message;
    // What the container's process was run with; the rest comes from the base.
    ImageConfig config;
    std::vector<std::string> changes;  // Dockerfile instructions (config_change.h)
};

// The new image's configuration, from its base's.
Result<std::string> committed_config(std::string_view base_config, const ImageCommit& commit,
                                     const Digest& diff_id, std::string_view created);

}  // namespace bulkhead::image
