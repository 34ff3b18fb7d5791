// An image as `inspect` shows it, in docker's JSON. Thread: any.
#pragma once

#include "host/image/image_store.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::cli {

using Json = go_template::Json;

Json image_json(const image::Image& image);

// "busybox@sha256:...", of each repository that names the image.
std::vector<std::string> repository_digests(const image::Image& image);

}  // namespace bulkhead::cli
