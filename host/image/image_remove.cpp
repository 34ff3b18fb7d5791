// ImageStore: names that change, and images that go.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <set>

#include "base/text.h"
#include "host/image/file_lock.h"
#include "host/image/image_store.h"
#include "host/image/layer_path.h"
#include "host/image/layer_store.h"
#include "host/image/reference.h"
#include "host/image/reference_table.h"

namespace bulkhead::image {

namespace {

Result<void> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error("removing " + path);
    return {};
}

// "docker.io/library/busybox:latest" -> "docker.io/library/busybox"
std::string repository_of(const std::string& name) {
    return name.substr(0, name.rfind(':'));
}

// Docker's rule: by its id, an image goes with all its tags if they are of one repository.
Result<void> check_removal_by_id(const std::vector<std::string>& names, RemoveMode mode) {
    std::set<std::string> repositories;
    for (const std::string& name : names) repositories.insert(repository_of(name));
    if (repositories.size() <= 1 || mode == RemoveMode::Force) return {};
    return Error("it has names in several repositories; remove those, or force it");
}

// Removes files in images/ that belong to no record: what a crash left, and temporary files.
Result<void> remove_strays(const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), &::closedir);
    if (directory == nullptr) return errno_error(folder);
    while (const dirent* item = ::readdir(directory.get())) {
        const std::string name = item->d_name;
        const std::string record =
            folder + "/" + name.substr(0, name.find('.')) + std::string(kRecordSuffix);

        struct stat status {};

        const std::string path = concat(folder, "/", name);
        if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
        const bool ours = name.ends_with(kRecordSuffix) || name.ends_with(kConfigSuffix) ||
                          name.ends_with(kMetadataSuffix);
        if (ours && ::access(record.c_str(), F_OK) == 0) continue;
        TRY(remove_file(path));
    }
    return {};
}

}  // namespace

std::uint64_t ImageStore::allocated_bytes(const Digest& id) const {
    constexpr std::uint64_t kStatBlock = 512;
    std::uint64_t bytes = 0;
    for (const std::string_view suffix : {kRecordSuffix, kConfigSuffix, kMetadataSuffix}) {
        struct stat status {};

        if (::stat(paths_.image(id, suffix).c_str(), &status) == 0)
            bytes += static_cast<std::uint64_t>(status.st_blocks) * kStatBlock;
    }
    return bytes;
}

Result<void> ImageStore::delete_image(const Digest& id) const {
    for (const std::string_view suffix : {kRecordSuffix, kConfigSuffix, kMetadataSuffix}) {
        TRY(remove_file(paths_.image(id, suffix)));
    }
    return {};
}

Result<RemoveReport> ImageStore::remove(std::string_view reference_or_id, RemoveMode mode) const {
    RemoveReport report;
    const auto forget = [&]() -> Result<void> {
        const FileLock names =
            TRY(FileLock::acquire(paths_.names_lock(), FileLock::Mode::Exclusive));
        ReferenceTable table = TRY(ReferenceTable::read(paths_.references()));
        const Found found = TRY(resolve(reference_or_id, table));
        std::vector<std::string> going = table.names_of(found.id);
        const bool last_name = found.name.empty() || going.size() <= 1;
        if (found.name.empty()) {
            TRY(check_removal_by_id(going, mode));
        } else {
            going = {found.name};
        }
        for (const std::string& name : going) {
            table.images.erase(name);
            report.untagged.push_back(familiar_reference(name));
        }
        TRY(table.write(paths_.references()));
        report.image = found.id;
        if (!last_name) return {};
        report.freed += allocated_bytes(found.id);
        TRY(delete_image(found.id));
        report.deleted = found.id;
        return {};
    };
    const std::string frame = concat("removing image ", printable(reference_or_id));
    TRY_CONTEXT(forget(), frame);
    if (report.deleted) TRY_CONTEXT(collect(report), frame);
    return report;
}

Result<void> ImageStore::collect(RemoveReport& report) const {
    const auto unused = TRY(FileLock::try_acquire(paths_.store_lock(), FileLock::Mode::Exclusive));
    report.layers_deferred = !unused.has_value();
    if (!unused) return {};
    const FileLock names = TRY(FileLock::acquire(paths_.names_lock(), FileLock::Mode::Exclusive));
    const ReferenceTable no_names;
    std::set<Digest> used;
    for (const Digest& id : TRY(image_ids())) {
        // With a record that cannot be read nobody knows what is in use, and nothing may go.
        const Image image = TRY(read_image(id, no_names));
        used.insert(image.layers.begin(), image.layers.end());
    }
    for (const char* algorithm : {"/sha256", "/sha512"})
        TRY(remove_strays(paths_.images() + algorithm));
    const LayerStore layers = TRY(LayerStore::open(paths_.layers()));
    const auto collected = TRY(layers.collect(used));
    report.deleted_layers = collected.layers;
    report.freed += collected.bytes;
    return {};
}

Result<Tagged> ImageStore::tag(std::string_view reference_or_id,
                               std::string_view new_reference) const {
    const Reference reference = TRY(Reference::parse(new_reference));
    if (reference.digest())
        return Error(
            concat("the new name \"", printable(new_reference), "\" must not have a digest"));
    const FileLock names = TRY(FileLock::acquire(paths_.names_lock(), FileLock::Mode::Exclusive));
    ReferenceTable table = TRY(ReferenceTable::read(paths_.references()));
    const Found found = TRY(resolve(reference_or_id, table));
    table.images.insert_or_assign(reference.text(), found.id);
    TRY(table.write(paths_.references()));
    return Tagged{found.id, reference.familiar()};
}

}  // namespace bulkhead::image
