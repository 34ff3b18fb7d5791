#include "archive/file_entry.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/text.h"

namespace bulkhead::archive {

namespace {

constexpr std::size_t kMaxXattrBytes = 64 * 1024;  // Linux has no larger ones

std::optional<Kind> kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return Kind::File;
        case S_IFDIR:
            return Kind::Directory;
        case S_IFLNK:
            return Kind::Symlink;
        case S_IFCHR:
            return Kind::CharDevice;
        case S_IFBLK:
            return Kind::BlockDevice;
        case S_IFIFO:
            return Kind::Fifo;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<Entry> entry_of(const struct stat& status) {
    const auto kind = kind_of(status.st_mode);
    if (!kind) return std::nullopt;
    Entry entry;
    entry.kind = *kind;
    entry.mode = status.st_mode & 07777U;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.mtime = status.st_mtim.tv_sec;
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
    if (*kind == Kind::CharDevice || *kind == Kind::BlockDevice) {
        entry.device_major = major(status.st_rdev);
        entry.device_minor = minor(status.st_rdev);
    }
    if (*kind == Kind::File) entry.size = static_cast<std::uint64_t>(status.st_size);
    return entry;
}

bool keeps_xattr(std::string_view name) {
    return name.starts_with("user.") || name == "security.capability" ||
           name.starts_with("system.posix_acl_");
}

Result<std::vector<Xattr>> read_xattrs(int fd) {
    std::vector<Xattr> xattrs;
    const ssize_t length = ::flistxattr(fd, nullptr, 0);
    if (length < 0) {
        if (errno == ENOTSUP) return xattrs;
        return errno_error("listing extended attributes");
    }
    if (length == 0) return xattrs;
    std::string names(static_cast<std::size_t>(length), '\0');
    const ssize_t listed = ::flistxattr(fd, names.data(), names.size());
    if (listed < 0) return errno_error("listing extended attributes");
    names.resize(static_cast<std::size_t>(listed));
    std::string value(kMaxXattrBytes, '\0');
    for (std::size_t start = 0; start < names.size();) {
        const std::string name(names.c_str() + start);
        start += name.size() + 1;
        if (!keeps_xattr(name) || xattrs.size() == kMaxXattrs) continue;
        const ssize_t size = ::fgetxattr(fd, name.c_str(), value.data(), value.size());
        if (size < 0) continue;  // taken away meanwhile
        xattrs.push_back({name, value.substr(0, static_cast<std::size_t>(size))});
    }
    return xattrs;
}

Result<std::optional<std::vector<Run>>> find_runs(int fd, const struct stat& status) {
    constexpr std::int64_t kStatBlock = 512;
    std::optional<std::vector<Run>> none;
    if (status.st_blocks * kStatBlock >= status.st_size) return none;
    std::vector<Run> runs;
    off_t at = 0;
    while (at < status.st_size) {
        const off_t data = ::lseek(fd, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO) break;  // holes up to the end
        if (data < 0) return none;              // the file system cannot tell
        const off_t hole = ::lseek(fd, data, SEEK_HOLE);
        if (hole <= data || runs.size() == kMaxRuns - 1) return none;
        const off_t end = std::min<off_t>(hole, status.st_size);
        if (end <= data) break;
        runs.push_back({static_cast<std::uint64_t>(data), static_cast<std::uint64_t>(end - data)});
        at = end;
    }
    if (runs.size() == 1 && runs[0].length == static_cast<std::uint64_t>(status.st_size))
        return none;
    // As GNU tar ends a map whose file ends in a hole.
    runs.push_back({static_cast<std::uint64_t>(status.st_size), 0});
    return std::optional(std::move(runs));
}

Result<std::string> read_link(int directory, const std::string& leaf) {
    std::array<char, 4096> text{};  // PATH_MAX: Linux has no longer ones
    const ssize_t length = ::readlinkat(directory, leaf.c_str(), text.data(), text.size());
    if (length < 0) return errno_error(concat("reading the link ", leaf));
    return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace bulkhead::archive
