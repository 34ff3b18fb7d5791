#include "host/image/layer_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string_view>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/file_lock.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

constexpr mode_t kReadOnly = 0444;
constexpr mode_t kWhileWriting = 0600;

// Opens and locks the file that a layer's contents are first written to. The one who held the lock
// before may have renamed or removed it, so the name is looked at again.
Result<UniqueFd> lock_partial(const std::string& path) {
    while (true) {
        UniqueFd file = TRY(open_file(path, O_RDWR | O_CREAT, kWhileWriting));
        TRY_CONTEXT(lock_exclusively(file.get()), path);

        struct stat held {};

        struct stat named {};

        if (::fstat(file.get(), &held) != 0) return errno_error("stat " + path);
        const bool still_there = ::stat(path.c_str(), &named) == 0;
        if (still_there && held.st_ino == named.st_ino && held.st_dev == named.st_dev) return file;
    }
}

std::string parent_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

}  // namespace

Result<LayerStore> LayerStore::open(const std::string& root) {
    for (const std::string& path : {root, root + "/sha256", root + "/sha512"})
        TRY(make_directory(path));
    return LayerStore(root);
}

Result<LayerIndex> LayerStore::load(const Digest& diff_id) const {
    const std::string path = base_path(diff_id) + ".index";
    const std::string bytes = TRY(read_file(path, kMaxIndexBytes));
    LayerIndex index = TRY_CONTEXT(parse_layer_index(std::as_bytes(std::span(bytes))), path);

    struct stat status {};

    if (::stat(data_path(diff_id).c_str(), &status) != 0) return errno_error(data_path(diff_id));
    if (static_cast<std::uint64_t>(status.st_size) != index.data_blocks * kBlockSize) {
        return Error(concat(data_path(diff_id), ": not as long as its index says"));
    }
    // A version before recipes made it without.
    if (::access(recipe_path(diff_id).c_str(), R_OK) != 0) return errno_error(recipe_path(diff_id));
    return index;
}

Result<LayerStore::Added> LayerStore::add(const Digest& diff_id, const Import& import) const {
    if (auto present = load(diff_id); present.ok()) return Added{std::move(*present), false};
    const std::string partial = base_path(diff_id) + ".partial";
    const UniqueFd file = TRY(lock_partial(partial));
    // Somebody else may have added it while we waited.
    if (auto present = load(diff_id); present.ok()) {
        ::unlink(partial.c_str());
        return Added{std::move(*present), false};
    }
    auto index = import_into(partial, file.get(), diff_id, import);
    if (!index.ok()) {
        ::unlink(partial.c_str());
        return std::move(index).error();
    }
    return Added{std::move(*index), true};
}

Result<LayerIndex> LayerStore::import_into(const std::string& partial, int fd,
                                           const Digest& diff_id, const Import& import) const {
    if (::ftruncate(fd, 0) != 0) return errno_error("truncating " + partial);
    // Nobody else writes it: the lock on `partial` is for both.
    const std::string partial_recipe = partial + ".recipe";
    const UniqueFd recipe =
        TRY(open_file(partial_recipe, O_RDWR | O_CREAT | O_TRUNC, kWhileWriting));
    auto imported = import({fd, recipe.get()});
    if (!imported) {
        ::unlink(partial_recipe.c_str());
        return std::move(imported).error();
    }
    const LayerIndex& index = *imported;
    const std::vector<std::byte> bytes = TRY(encode_layer_index(index));
    if (::fchmod(fd, kReadOnly) != 0 || ::fsync(fd) != 0) return errno_error("syncing " + partial);
    if (::fchmod(recipe.get(), kReadOnly) != 0 || ::fsync(recipe.get()) != 0 ||
        ::rename(partial_recipe.c_str(), recipe_path(diff_id).c_str()) != 0)
        return errno_error("finishing " + partial_recipe);
    if (::rename(partial.c_str(), data_path(diff_id).c_str()) != 0)
        return errno_error("renaming " + partial);
    // SAFETY: char may alias std::byte.
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    TRY(write_file_atomically(base_path(diff_id) + ".index", text, kReadOnly));
    TRY(sync_directory(parent_of(partial)));
    return imported;
}

Result<LayerStore::Collected> LayerStore::collect(const std::set<Digest>& used) const {
    std::set<std::string> keep;
    for (const Digest& diff_id : used) {
        keep.insert(data_path(diff_id));
        keep.insert(recipe_path(diff_id));
        keep.insert(base_path(diff_id) + ".index");
    }
    Collected collected;
    for (const char* algorithm : {"/sha256/", "/sha512/"}) {
        const std::string folder = root_ + algorithm;
        const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), &::closedir);
        if (directory == nullptr) return errno_error(folder);
        while (const dirent* item = ::readdir(directory.get())) {
            const std::string path = folder + item->d_name;

            struct stat status {};

            if (keep.contains(path) || ::lstat(path.c_str(), &status) != 0 ||
                !S_ISREG(status.st_mode))
                continue;
            if (::unlink(path.c_str()) != 0) return errno_error("removing " + path);
            constexpr std::uint64_t kStatBlock = 512;
            collected.bytes += static_cast<std::uint64_t>(status.st_blocks) * kStatBlock;
            if (path.ends_with(".data")) ++collected.layers;
        }
    }
    return collected;
}

}  // namespace bulkhead::image
