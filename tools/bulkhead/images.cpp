#include "tools/bulkhead/images.h"

#include "base/text.h"
#include "host/engine/images.h"

namespace bulkhead::cli {

Result<image::ImageStore> open_image_store(const state::Paths& paths) {
    TRY(state::make_directories(paths.root));
    return image::ImageStore::open(engine::image_store_path(paths));
}

std::uint64_t image_bytes(const image::ImageStore& images, const std::string& id) {
    const auto image = images.find(id);
    return image ? image->size : 0;
}

std::string removal_text(const image::RemoveReport& report) {
    std::string text;
    for (const std::string& reference : report.untagged) text += "Untagged: " + reference + "\n";
    if (report.deleted) text += "Deleted: " + report.deleted->text() + "\n";
    return text;
}

Result<image::Image> find_image(const state::Paths& paths, const std::string& reference) {
    const auto store = TRY(image::ImageStore::open(engine::image_store_path(paths)));
    auto image = store.find(reference);
    if (image || !image.error().is(std::errc::no_such_file_or_directory)) return image;
    return Error(image.error().code(),
                 concat("Unable to find image '", reference,
                        "' locally: load one with `bulkhead load FILE` (an OCI layout, or an "
                        "archive as `docker save` writes it); `bulkhead images` lists what is "
                        "there"));
}

}  // namespace bulkhead::cli
