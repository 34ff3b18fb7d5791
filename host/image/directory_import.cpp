#include "host/image/directory_import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/data_file.h"
#include "host/image/directory_reader.h"
#include "host/image/image_loader.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

std::string join(const std::string& directory, std::string_view name) {
    return directory.empty() ? std::string(name) : concat(directory, "/", name);
}

LayerEntry entry_of(const struct stat& status, std::string path) {
    LayerEntry entry;
    entry.path = std::move(path);
    entry.mode = static_cast<std::uint16_t>(status.st_mode & 07777U);
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.mtime = status.st_mtim.tv_sec;
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
    return entry;
}

class Importer {
  public:
    explicit Importer(int data_fd) : data_(data_fd) {}

    Result<LayerIndex> run(const std::string& root) {
        const UniqueFd directory = TRY(open_file(root, O_RDONLY | O_DIRECTORY));

        struct stat status {};

        if (::fstat(directory.get(), &status) != 0) return errno_error(root);
        LayerEntry entry = entry_of(status, "");
        entry.kind = EntryKind::Directory;
        entry.xattrs = TRY_CONTEXT(xattrs_of(directory.get(), "."), root);
        index_.entries.push_back(std::move(entry));
        TRY_CONTEXT(walk(directory.get(), ""), root);
        index_.data_blocks = TRY(data_.finish());
        return std::move(index_);
    }

  private:
    // A path has at most kMaxPathBytes, which bounds the depth.
    Result<void> walk(int directory, const std::string& path) {  // NOLINT(misc-no-recursion)
        for (const std::string& name : TRY_CONTEXT(names_in(directory), path)) {
            const std::string below = join(path, name);
            if (below.size() > kMaxPathBytes) return Error(concat(path, ": too long a path"));
            if (index_.entries.size() == kMaxLayerEntries)
                return Error(concat("more than ", kMaxLayerEntries, " files"));
            TRY_CONTEXT(add(directory, name, below), below);
        }
        return {};
    }

    Result<void> add(int directory, const std::string& name,  // NOLINT(misc-no-recursion)
                     const std::string& path) {
        struct stat status {};

        if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            return errno_error("reading it");
        if (S_ISSOCK(status.st_mode)) return {};
        if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
            const auto [first, is_new] = links_.try_emplace({status.st_dev, status.st_ino}, path);
            if (!is_new) return add_hard_link(path, first->second);
        }
        LayerEntry entry = entry_of(status, path);
        entry.xattrs = TRY(xattrs_of(directory, name));
        if (S_ISDIR(status.st_mode)) return add_directory(directory, name, std::move(entry));
        if (S_ISREG(status.st_mode)) return add_file(directory, name, status, std::move(entry));
        return add_special(directory, name, status, std::move(entry));
    }

    Result<void> add_hard_link(const std::string& path, const std::string& first) {
        LayerEntry entry;
        entry.kind = EntryKind::HardLink;
        entry.path = path;
        entry.target = first;
        index_.entries.push_back(std::move(entry));
        return {};
    }

    Result<void> add_directory(int directory, const std::string& name,  // NOLINT(misc-no-recursion)
                               LayerEntry entry) {
        const UniqueFd opened(::openat(directory, name.c_str(), kDirectoryFlags));
        if (!opened.valid()) return errno_error("opening it");
        entry.kind = EntryKind::Directory;
        const std::string path = entry.path;
        index_.entries.push_back(std::move(entry));
        return walk(opened.get(), path);
    }

    Result<void> add_special(int directory, const std::string& name, const struct stat& status,
                             LayerEntry entry) {
        if (S_ISLNK(status.st_mode)) {
            entry.kind = EntryKind::Symlink;
            entry.target = TRY(link_target(directory, name));
        } else if (S_ISFIFO(status.st_mode)) {
            entry.kind = EntryKind::Fifo;
        } else {
            entry.kind = S_ISCHR(status.st_mode) ? EntryKind::CharDevice : EntryKind::BlockDevice;
            entry.device_major = major(status.st_rdev);
            entry.device_minor = minor(status.st_rdev);
        }
        index_.entries.push_back(std::move(entry));
        return {};
    }

    Result<void> add_file(int directory, const std::string& name, const struct stat& seen,
                          LayerEntry entry) {
        // It may have become a fifo since, which must not make us wait.
        const UniqueFd file(
            ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!file.valid()) return errno_error("opening it");

        struct stat status {};

        if (::fstat(file.get(), &status) != 0) return errno_error("reading it");
        if (!S_ISREG(status.st_mode) || status.st_ino != seen.st_ino)
            return Error("it changed while it was read");
        entry.kind = EntryKind::File;
        entry.size = static_cast<std::uint64_t>(status.st_size);
        total_ += entry.size;
        if (total_ > kMaxLayerDataBytes) return Error("the directory is too large");
        constexpr std::uint64_t kSector = 512;
        const bool sparse = static_cast<std::uint64_t>(status.st_blocks) * kSector < entry.size;
        data_.begin_file(entry.size, sparse);
        TRY(copy(file.get(), entry.size, sparse));
        entry.extents = TRY(data_.end_file());
        index_.entries.push_back(std::move(entry));
        return {};
    }

    // A sparse file's holes are left out.
    Result<void> copy(int file, std::uint64_t size, bool sparse) {
        std::uint64_t at = 0;
        while (at < size) {
            std::uint64_t end = size;
            if (sparse) {
                const off_t data = ::lseek(file, static_cast<off_t>(at), SEEK_DATA);
                if (data < 0 && errno == ENXIO) return {};  // nothing but a hole from here on
                if (data < 0) return errno_error("finding its data");
                const off_t hole = ::lseek(file, data, SEEK_HOLE);
                if (hole < 0) return errno_error("finding its holes");
                at = static_cast<std::uint64_t>(data);
                end = std::min(size, static_cast<std::uint64_t>(hole));
            }
            TRY(copy_range(file, at, end));
            at = end;
        }
        return {};
    }

    Result<void> copy_range(int file, std::uint64_t at, std::uint64_t end) {
        while (at < end) {
            const auto part =
                std::span(buffer_).first(std::min<std::uint64_t>(buffer_.size(), end - at));
            const std::size_t got = TRY(pread_full(file, part, at));
            if (got != part.size()) return Error("it changed while it was read");
            TRY(data_.write(at, part));
            at += got;
        }
        return {};
    }

    LayerIndex index_;
    DataFileWriter data_;
    std::map<std::pair<dev_t, ino_t>, std::string> links_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{1} << 20U);
    std::uint64_t total_ = 0;
};

}  // namespace

Result<LayerIndex> import_directory(const std::string& directory, int data_fd) {
    return Importer(data_fd).run(directory);
}

Result<std::vector<std::byte>> compose_directory(const std::string& directory, int data_fd) {
    const LayerIndex index = TRY(import_directory(directory, data_fd));
    // Names the file system: there is one, and nothing is looked up by it.
    const Digest id = digest_of(DigestAlgorithm::Sha256, std::as_bytes(std::span(directory)));
    return compose({&index}, {id}, id);
}

}  // namespace bulkhead::image
