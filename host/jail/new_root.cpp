#include "host/jail/new_root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bulkhead::jail {

bool keep_mounts_private() {
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool attach_root(int mount) {
    return ::move_mount(mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

// Both names of pivot_root are the same directory on purpose: the old root ends up over the new
// one.
bool switch_root(int mount) {
    return ::fchdir(mount) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 &&
           ::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0;
}

}  // namespace bulkhead::jail
