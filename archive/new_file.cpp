#include "archive/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "archive/file_entry.h"
#include "base/syscalls.h"
#include "base/unique_fd.h"

namespace bulkhead::archive {

namespace {

std::array<timespec, 2> times_of(const Entry& entry) {
    const timespec time{.tv_sec = entry.mtime,
                        .tv_nsec = static_cast<long>(entry.mtime_nanoseconds)};
    return {time, time};
}

mode_t mode_of(const Entry& entry, const FileRules& rules) {
    return entry.mode & (rules.privileged ? 07777U : 01777U);
}

Result<void> set_xattrs(int fd, const Entry& entry, const FileRules& rules) {
    for (const Xattr& xattr : entry.xattrs) {
        if (!keeps_xattr(xattr.name)) continue;
        if (!rules.privileged && !xattr.name.starts_with("user.")) continue;
        if (::fsetxattr(fd, xattr.name.c_str(), xattr.value.data(), xattr.value.size(), 0) == 0)
            continue;
        // A file system without them (tmpfs has no user.*) takes the file nevertheless, as
        // docker's.
        if (errno != ENOTSUP && errno != EPERM) return errno_error("setting " + xattr.name);
    }
    return {};
}

// In this order: a change of owner takes set-id bits and capabilities away, and every change sets
// the time.
Result<void> set_attributes(int fd, const Entry& entry, const FileRules& rules) {
    if (rules.owner == Owner::Archive && ::fchown(fd, entry.uid, entry.gid) != 0)
        return errno_error("changing the owner");
    if (::fchmod(fd, mode_of(entry, rules)) != 0) return errno_error("changing the mode");
    TRY(set_xattrs(fd, entry, rules));
    if (::futimens(fd, times_of(entry).data()) != 0) return errno_error("setting the time");
    return {};
}

Result<void> write_content(int fd, const Entry& entry, TarReader& tar) {
    while (const auto block = TRY(tar.read())) {
        TRY(pwrite_full(fd, block->bytes, block->offset));
    }
    // A hole at the end.
    if (entry.runs && ::ftruncate(fd, static_cast<off_t>(entry.size)) != 0)
        return errno_error("setting the size");
    return {};
}

}  // namespace

Result<void> make_directory(int parent, const std::string& leaf) {
    if (::mkdirat(parent, leaf.c_str(), 0700) != 0) return errno_error("making the directory");
    return {};
}

Result<void> finish_directory(int directory, const Entry& entry, const FileRules& rules) {
    return set_attributes(directory, entry, rules);
}

Result<void> make_file(int parent, const std::string& leaf, const Entry& entry, TarReader& tar,
                       const FileRules& rules) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const UniqueFd file(::openat(parent, leaf.c_str(), flags, 0600));
    if (!file.valid()) return errno_error("making the file");
    TRY(write_content(file.get(), entry, tar));
    return set_attributes(file.get(), entry, rules);
}

Result<void> make_special(int parent, const std::string& leaf, const Entry& entry,
                          const FileRules& rules) {
    const char* const name = leaf.c_str();
    const mode_t mode = mode_of(entry, rules);
    if (entry.kind == Kind::Symlink) {
        if (::symlinkat(entry.target.c_str(), parent, name) != 0)
            return errno_error("making the symbolic link");
    } else {
        const bool device = entry.kind != Kind::Fifo;
        if (device && !rules.privileged)
            return Error("it is a device, which is not copied to the host");
        const mode_t kind = !device ? S_IFIFO : entry.kind == Kind::CharDevice ? S_IFCHR : S_IFBLK;
        const dev_t number = device ? makedev(entry.device_major, entry.device_minor) : 0;
        if (::mknodat(parent, name, kind | mode, number) != 0)
            return errno_error("making the special file");
    }
    if (rules.owner == Owner::Archive &&
        ::fchownat(parent, name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0)
        return errno_error("changing the owner");
    if (::utimensat(parent, name, times_of(entry).data(), AT_SYMLINK_NOFOLLOW) != 0)
        return errno_error("setting the time");
    return {};
}

}  // namespace bulkhead::archive
