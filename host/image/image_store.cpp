#include "host/image/image_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/file_lock.h"
#include "host/image/image_loader.h"
#include "host/image/image_record.h"
#include "host/image/layer_path.h"
#include "host/image/reference.h"
#include "host/image/reference_table.h"

namespace bulkhead::image {

namespace {

constexpr mode_t kReadOnly = 0444;

// What names an image of a layout that has only a tag: the directory's or the archive's name.
std::string base_name_of(const std::string& path) {
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::weakly_canonical(path, error);
    std::string name = error ? std::string() : whole.filename().string();
    for (const std::string_view ending : {".gz", ".zst", ".tgz", ".tar", ".oci"}) {
        if (name.ends_with(ending)) name.resize(name.size() - ending.size());
    }
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name;
}

Result<std::unique_ptr<BlobContainer>> open_container(const std::string& path,
                                                      const std::string& scratch) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) return errno_error(path);
    if (S_ISDIR(status.st_mode)) return open_directory_container(path);
    return open_archive_container(path, scratch);
}

Result<void> override_names(std::vector<ImagePlan>& plans, const std::string& name) {
    if (name.empty()) return {};
    const Reference reference = TRY(Reference::parse(name));
    if (reference.digest())
        return Error(concat("the name \"", printable(name), "\" must not have a digest"));
    if (plans.size() != 1) return Error(concat("one name for ", plans.size(), " images"));
    plans.front().names = {reference.text()};
    return {};
}

// SAFETY: char may alias std::byte.
std::string_view as_text(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<ImageStore> ImageStore::open(const std::string& root) {
    const StorePaths paths(root);
    for (const std::string& folder :
         {root, paths.images(), paths.images() + "/sha256", paths.images() + "/sha512"}) {
        TRY_CONTEXT(make_directory(folder), "image store");
    }
    return ImageStore(paths);
}

Result<std::vector<LoadedImage>> ImageStore::load(const std::string& path,
                                                  const LoadOptions& options) const {
    std::vector<LoadedImage> loaded;
    auto result = [&]() -> Result<void> {
        // Held until everything that the images need is referred to by a record.
        const FileLock in_use = TRY(FileLock::acquire(paths_.store_lock(), FileLock::Mode::Shared));
        const LayerStore layers = TRY(LayerStore::open(paths_.layers()));
        const auto container = TRY(open_container(path, paths_.root()));
        auto plans = TRY(plan_images(*container, host_platform(), base_name_of(path)));
        TRY(override_names(plans, options.name));
        for (const ImagePlan& plan : plans) {
            const ComposedImage composed =
                TRY(import_and_compose(*container, plan, layers, options));
            loaded.push_back(TRY(publish(plan, composed)));
            if (options.loaded) options.loaded(loaded.back());
        }
        return {};
    }();
    // What this load or one that ran meanwhile left without use.
    RemoveReport report;
    if (auto collected = collect(report); !collected.ok())
        log::warning(concat("image store: ", collected.error().message()));
    if (!result.ok()) return std::move(result).error().context(concat("loading ", path));
    return loaded;
}

Result<LoadedImage> ImageStore::publish(const ImagePlan& plan,
                                        const ComposedImage& composed) const {
    const FileLock names = TRY(FileLock::acquire(paths_.names_lock(), FileLock::Mode::Exclusive));
    const ImageRecord record{plan.digest, composed.metadata.size(), composed.layer_bytes};
    TRY(write_file_atomically(paths_.image(plan.id, kMetadataSuffix), as_text(composed.metadata),
                              kReadOnly));
    TRY(write_file_atomically(paths_.image(plan.id, kConfigSuffix), plan.config, kReadOnly));
    TRY(write_file_atomically(paths_.image(plan.id, kRecordSuffix), image_record_text(record),
                              kReadOnly));
    TRY(sync_directory(paths_.images() + "/" + std::string(plan.id.algorithm_name())));

    LoadedImage loaded{plan.id, {}, composed.new_layers};
    ReferenceTable table = TRY(ReferenceTable::read(paths_.references()));
    for (const std::string& name : plan.names) {
        table.images.insert_or_assign(name, plan.id);
        loaded.references.push_back(familiar_reference(name));
    }
    if (!plan.names.empty()) TRY(table.write(paths_.references()));
    return loaded;
}

Result<std::vector<Image>> ImageStore::list() const {
    const ReferenceTable table = TRY(ReferenceTable::read(paths_.references()));
    std::vector<Image> images;
    for (const Digest& id : TRY(image_ids())) {
        auto image = read_image(id, table);
        if (image.ok()) {
            images.push_back(std::move(*image));
        } else if (!image.error().is(std::errc::no_such_file_or_directory)) {
            log::warning(image.error().message());
        }
    }
    return images;
}

}  // namespace bulkhead::image
