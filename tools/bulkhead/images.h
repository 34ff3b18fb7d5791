// The image store of this command line. Thread: main.
#pragma once

#include <string>

#include "base/result.h"
#include "host/image/image_store.h"
#include "host/state/paths.h"

namespace bulkhead::cli {

// The image, or an error that says how to get one.
Result<image::Image> find_image(const state::Paths& paths, const std::string& reference);

}  // namespace bulkhead::cli
