#include "host/jail/empty_root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

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

// Puts the mount over the root, makes it the root, and takes away what is now below it. Both names
// of pivot_root are the same directory on purpose: the old root ends up over the new one.
bool make_root(int mount) {
    return ::move_mount(mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
           ::fchdir(mount) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 &&
           ::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0;
}

}  // namespace

int enter_empty_root() {
    // The host's mounts must not come in later, nor ours get out.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
    const int mount = make_empty_mount();
    if (mount < 0) return errno;
    const int error = make_root(mount) ? 0 : errno;
    ::close(mount);
    return error;
}

}  // namespace bulkhead::jail
