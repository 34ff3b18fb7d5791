// An image's name as a row of `images`, with docker's names of fields. Thread: any.
#pragma once

#include <ctime>
#include <string>

#include "host/image/image_store.h"
#include "tools/bulkhead/list_format.h"

namespace bulkhead::cli {

// `name` is one of the image's, or empty. `whole`: --no-trunc.
ListRow image_row(const image::Image& image, const std::string& name, bool whole, std::time_t now);

const ListColumns& image_columns(bool with_digests);

// The first 12 digits, or all of "sha256:...".
std::string image_id_text(const image::Digest& id, bool whole);

}  // namespace bulkhead::cli
