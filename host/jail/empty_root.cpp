#include "host/jail/empty_root.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "host/jail/new_root.h"

namespace bulkhead::jail {

namespace {

// A tmpfs that has room for its root directory only. Gives a descriptor of the mount, or -1.
int make_empty_mount() {
    const int context = ::fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    const bool made = ::fsconfig(context, FSCONFIG_SET_STRING, "size", "4k", 0) == 0 &&
                      ::fsconfig(context, FSCONFIG_SET_STRING, "nr_inodes", "1", 0) == 0 &&
                      ::fsconfig(context, FSCONFIG_SET_STRING, "mode", "0555", 0) == 0 &&
                      ::fsconfig(context, FSCONFIG_SET_FLAG, "ro", nullptr, 0) == 0 &&
                      ::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0;
    const unsigned attributes =
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    const int mount = made ? ::fsmount(context, FSMOUNT_CLOEXEC, attributes) : -1;
    const int error = errno;
    ::close(context);
    errno = error;
    return mount;
}

}  // namespace

int enter_empty_root() {
    if (!keep_mounts_private()) return errno;
    const int mount = make_empty_mount();
    if (mount < 0) return errno;
    const int error = attach_root(mount) && switch_root(mount) ? 0 : errno;
    ::close(mount);
    return error;
}

}  // namespace bulkhead::jail
