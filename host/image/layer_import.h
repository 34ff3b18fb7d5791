// Reads one layer's tar stream, once, into a data file and an index. Thread: any one at a time.
#pragma once

#include "base/result.h"
#include "host/image/byte_source.h"
#include "host/image/layer_index.h"

namespace bulkhead::image {

class RecipeRecorder;

// Reads `tar` (uncompressed) to the end of the archive. `data_fd` is an empty file that receives
// the files' contents; it stays the caller's. Errors name the entry. Bytes behind the archive's end
// are left to the caller, who hashes them too. `recipe`, if there is one, is told where the
// contents went.
Result<LayerIndex> import_layer(ByteSource& tar, int data_fd, RecipeRecorder* recipe = nullptr);

}  // namespace bulkhead::image
