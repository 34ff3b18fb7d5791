#include "host/image/checked_import.h"

#include "base/text.h"
#include "host/image/layer_import.h"
#include "host/image/layer_recipe.h"
#include "host/image/limits.h"

namespace bulkhead::image {

Result<LayerIndex> import_checked(ByteSource& tar, const LayerFiles& files, const Digest& diff_id) {
    RecipeRecorder recorded(tar, files.recipe);
    HashingSource content(recorded, diff_id.algorithm(), kMaxLayerBytes);
    LayerIndex index = TRY(import_layer(content, files.data, &recorded));
    const Digest actual = TRY(content.finish());
    if (actual != diff_id) {
        return Error(concat("content does not match the diff ID in the image's config; it is ",
                            actual.text()));
    }
    TRY(recorded.finish());
    return index;
}

}  // namespace bulkhead::image
