// ImageStore: from a name or a number to an image.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/image_record.h"
#include "host/image/image_store.h"
#include "host/image/layer_path.h"
#include "host/image/layer_store.h"
#include "host/image/limits.h"
#include "host/image/reference.h"
#include "host/image/reference_table.h"

namespace bulkhead::image {

namespace {

Error not_found(std::string_view what) {
    return {
        std::make_error_code(std::errc::no_such_file_or_directory),
        concat("no such image: ", printable(what), "; `bulkhead images` lists those there are")};
}

// Without the cause's code: a file that is missing from an image is not an image that is missing.
Error damaged(std::string_view image, const Error& cause) {
    return Error(
        concat("image ", printable(image), " is damaged; load it again: ", cause.message()));
}

Result<void> check_segment(const DiskSegment& segment) {
    struct stat status {};

    if (::stat(segment.path.c_str(), &status) != 0) return errno_error(segment.path);
    if (static_cast<std::uint64_t>(status.st_size) != segment.length) {
        return Error(
            concat(segment.path, " has ", status.st_size, " bytes instead of ", segment.length));
    }
    return {};
}

std::vector<DiskSegment> disk_of(const StorePaths& paths, const Digest& id,
                                 const ImageRecord& record, const std::vector<Digest>& layers) {
    std::vector<DiskSegment> disk{{paths.image(id, kMetadataSuffix), 0, record.metadata_bytes}};
    std::set<Digest> placed;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        // A layer that an image has twice is on its disk once; compose() counts in the same way.
        if (!placed.insert(layers[i]).second || record.layer_bytes[i] == 0) continue;
        disk.push_back(
            {LayerStore::data_path(paths.layers(), layers[i]), 0, record.layer_bytes[i]});
    }
    return disk;
}

}  // namespace

Result<std::vector<Digest>> ImageStore::image_ids() const {
    std::vector<Digest> ids;
    for (const std::string_view algorithm : {"sha256", "sha512"}) {
        const std::string folder = concat(paths_.images(), "/", algorithm);
        const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), &::closedir);
        if (directory == nullptr) return errno_error(folder);
        while (const dirent* item = ::readdir(directory.get())) {
            std::string_view name = item->d_name;
            if (!name.ends_with(kRecordSuffix)) continue;
            name.remove_suffix(kRecordSuffix.size());
            if (auto id = Digest::parse(concat(algorithm, ":", name)); id.ok())
                ids.push_back(std::move(*id));
        }
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

Result<Image> ImageStore::read_image(const Digest& id, const ReferenceTable& table) const {
    const std::string path = paths_.image(id, kRecordSuffix);
    const std::string text = TRY(read_file(path, kMaxJsonBytes));
    const ImageRecord record = TRY_CONTEXT(parse_image_record(text), path);
    const std::string config_path = paths_.image(id, kConfigSuffix);
    const std::string config = TRY(read_file(config_path, kMaxJsonBytes));
    if (digest_of(id.algorithm(), std::as_bytes(std::span(config))) != id) {
        return Error(concat(config_path, ": content does not match the image's id"));
    }
    auto description = TRY_CONTEXT(parse_image_description(config), config_path);
    if (record.layer_bytes.size() != description.diff_ids.size()) {
        return Error(concat(path, ": it does not fit the image's config"));
    }
    Image image{id,
                record.digest,
                {},
                std::move(description.created),
                std::move(description.author),
                std::move(description.os),
                std::move(description.architecture),
                std::move(description.variant),
                std::move(description.config),
                std::move(description.history),
                std::move(description.diff_ids),
                record.layer_bytes,
                record.metadata_bytes,
                0,
                {}};
    for (const std::string& name : table.names_of(id))
        image.references.push_back(familiar_reference(name));
    image.disk = disk_of(paths_, id, record, image.layers);
    for (const DiskSegment& segment : image.disk) image.size += segment.length;
    return image;
}

// By an image's own digest or its manifest's.
Result<ImageStore::Found> ImageStore::resolve_digest(const Digest& digest,
                                                     std::string_view text) const {
    const ReferenceTable no_names;
    for (const Digest& id : TRY(image_ids())) {
        if (id == digest) return Found{id, {}};
        const auto image = read_image(id, no_names);
        if (image.ok() && image->digest == digest) return Found{id, {}};
    }
    return not_found(text);
}

Result<ImageStore::Found> ImageStore::resolve(std::string_view text,
                                              const ReferenceTable& table) const {
    if (const auto digest = Digest::parse(text); digest.ok()) return resolve_digest(*digest, text);
    const auto reference = Reference::parse(text);
    if (reference.ok() && reference->digest()) {
        Found found = TRY(resolve_digest(*reference->digest(), text));
        const auto names = table.names_of(found.id);
        const bool named = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return name.starts_with(reference->name() + ":");
        });
        if (!named) return not_found(text);
        return found;
    }
    if (reference.ok()) {
        const auto named = table.images.find(reference->text());
        if (named != table.images.end()) return Found{named->second, named->first};
    }
    std::string_view digits = text;
    if (digits.starts_with("sha256:")) digits.remove_prefix(7);
    if (digits.empty() || !is_lower_hex(digits)) {
        if (!reference.ok()) return reference.error();
        return not_found(text);
    }
    std::vector<Digest> ids = TRY(image_ids());
    std::erase_if(ids, [digits](const Digest& id) { return !id.hex().starts_with(digits); });
    if (ids.empty()) return not_found(text);
    if (ids.size() > 1)
        return Error(
            concat("\"", text, "\" is the beginning of several images' ids; give more digits"));
    return Found{ids.front(), {}};
}

Result<Image> ImageStore::find(std::string_view reference_or_id) const {
    const ReferenceTable table = TRY(ReferenceTable::read(paths_.references()));
    const Found found = TRY(resolve(reference_or_id, table));
    if (::access(paths_.image(found.id, kRecordSuffix).c_str(), F_OK) != 0 && errno == ENOENT)
        return not_found(reference_or_id);
    auto image = read_image(found.id, table);
    if (!image.ok()) return damaged(reference_or_id, image.error());
    for (const DiskSegment& segment : image->disk) {
        if (const auto sound = check_segment(segment); !sound)
            return damaged(reference_or_id, sound.error());
    }
    return image;
}

}  // namespace bulkhead::image
