#include "guest-agent/rootfs/root_filesystem.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/mounts/mount_api.h"
#include "guest-agent/rootfs/disk.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

Result<void> make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        return errno_error(concat("making ", path));
    return {};
}

Result<void> mount_at(const std::string& path, const NewMount& wanted) {
    TRY(make_directory(path));
    const UniqueFd mount = TRY(create_mount(wanted));
    const UniqueFd target = TRY(open_file(path, O_PATH | O_DIRECTORY));
    return attach_mount(mount.get(), target.get());
}

Result<void> unmount_at(const std::string& path) {
    if (::umount2(path.c_str(), 0) == 0 || errno == EINVAL || errno == ENOENT) return {};
    const Error busy = errno_error(concat("unmounting ", path));
    // Out of the way at least; what is written stays written by the sync that follows.
    ::umount2(path.c_str(), MNT_DETACH);
    return busy;
}

}  // namespace

Result<std::string> GuestRoot::mount(const v1::RootFilesystem& wanted) {
    TRY(make_directory(directory_));
    TRY_CONTEXT(mount_lower(wanted.lower_serial()), "lower file system");
    TRY_CONTEXT(mount_upper(wanted), "upper file system");
    TRY_CONTEXT(mount_overlay(), "overlay");
    return directory_ + "/root";
}

Result<void> GuestRoot::mount_lower(const std::string& serial) {
    const std::string disk = TRY(find_disk(serial));
    const std::array<std::string, 1> options = {"ro"};
    return mount_at(directory_ + "/lower", {.type = "erofs",
                                            .source = disk,
                                            .options = options,
                                            .attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME});
}

Result<void> GuestRoot::mount_upper(const v1::RootFilesystem& wanted) {
    const std::string path = directory_ + "/upper";
    if (wanted.upper_case() == v1::RootFilesystem::kUpperSerial) {
        const std::string disk = TRY(find_disk(wanted.upper_serial()));
        const std::array<std::string, 1> options = {"discard"};
        TRY(mount_at(path, {.type = "ext4",
                            .source = disk,
                            .options = options,
                            .attributes = MOUNT_ATTR_NOATIME}));
    } else {
        // Without an upper part the root is read-only; yet mount points (/proc, /dev) may be
        // missing in the image, and are made on a small tmpfs before the root is set read-only.
        constexpr std::uint64_t kMountPointBytes = std::uint64_t{1} * 1024 * 1024;
        const bool sized = wanted.upper_case() == v1::RootFilesystem::kUpperTmpfsBytes;
        const std::uint64_t bytes = sized ? wanted.upper_tmpfs_bytes() : kMountPointBytes;
        std::vector<std::string> options = {"mode=755"};
        if (bytes != 0) options.push_back(concat("size=", bytes));
        TRY(mount_at(path,
                     {.type = "tmpfs", .source = "upper", .options = options, .attributes = 0}));
    }
    TRY(make_changes());
    return make_directory(path + "/work");
}

// The root directory's own owner and mode come from the upper directory, which starts as the
// image's.
Result<void> GuestRoot::make_changes() {
    const std::string changes = directory_ + "/upper/changes";
    if (::mkdir(changes.c_str(), 0755) != 0) {
        if (errno == EEXIST) return {};  // a disk that has been used before
        return errno_error(concat("making ", changes));
    }

    struct stat status {};

    if (::stat((directory_ + "/lower").c_str(), &status) != 0)
        return errno_error("the image's root");
    if (::chown(changes.c_str(), status.st_uid, status.st_gid) != 0 ||
        ::chmod(changes.c_str(), status.st_mode & 07777U) != 0) {
        return errno_error(changes);
    }
    return {};
}

Result<void> GuestRoot::mount_overlay() {
    const std::array<std::string, 6> options = {concat("lowerdir=", directory_, "/lower"),
                                                concat("upperdir=", directory_, "/upper/changes"),
                                                concat("workdir=", directory_, "/upper/work"),
                                                "metacopy=off",
                                                "index=off",
                                                "xino=auto"};
    return mount_at(directory_ + "/root",
                    {.type = "overlay", .source = "root", .options = options, .attributes = 0});
}

Result<void> GuestRoot::unmount() {
    ::sync();
    Result<void> first;
    for (const char* name : {"/root", "/upper", "/lower"}) {
        auto done = unmount_at(directory_ + name);
        if (!done && first) first = std::move(done);
    }
    ::sync();
    return first;
}

}  // namespace bulkhead::agent
