// The image store of this command line. Thread: main.
#pragma once

#include <string>

#include "base/result.h"
#include "host/image/image_store.h"
#include "host/state/paths.h"

namespace bulkhead::cli {

// The store, made if need be.
Result<image::ImageStore> open_image_store(const state::Paths& paths);

// The size of the image with this id; 0 when it is not there any more.
std::uint64_t image_bytes(const image::ImageStore& images, const std::string& id);

// "Untagged: ...", "Deleted: ...", each on a line, as docker's rmi prints.
std::string removal_text(const image::RemoveReport& report);

// The image, or an error that says how to get one.
Result<image::Image> find_image(const state::Paths& paths, const std::string& reference);

}  // namespace bulkhead::cli
