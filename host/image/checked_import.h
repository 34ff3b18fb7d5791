// Imports a layer's tar stream together with its recipe, and holds it to its diff ID. Thread: any
// one at a time.
#pragma once

#include "base/result.h"
#include "host/image/byte_source.h"
#include "host/image/digest.h"
#include "host/image/layer_index.h"
#include "host/image/layer_store.h"

namespace bulkhead::image {

// Reads `tar` (uncompressed) to its end. An error when its digest is another one.
Result<LayerIndex> import_checked(ByteSource& tar, const LayerFiles& files, const Digest& diff_id);

}  // namespace bulkhead::image
