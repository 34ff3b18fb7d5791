#include "guest-agent/init/early_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/syscalls.h"
#include "guest-agent/mounts/mount_api.h"

namespace bulkhead::agent {
namespace {

struct EarlyMount {
    const char* path;
    const char* type;
    std::uint64_t attributes;
};

constexpr std::uint64_t kPlain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

constexpr std::array kMounts = {
    EarlyMount{"/proc", "proc", kPlain},
    EarlyMount{"/sys", "sysfs", kPlain},
    EarlyMount{"/dev", "devtmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC},
    EarlyMount{"/sys/fs/cgroup", "cgroup2", kPlain},
    EarlyMount{"/run", "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV},
};

// The kernel's first root has no parent mount, and pivot_root cannot leave such a root. Read-only,
// so that no process that is on its way into a container lends it a writable /proc/PID/exe.
Result<void> replace_root() {
    const UniqueFd first = TRY(open_file("/", O_PATH | O_DIRECTORY));
    TRY(change_mount(first.get(), {.set = MOUNT_ATTR_RDONLY}, Depth::One));
    const UniqueFd copy = TRY(clone_mount(AT_FDCWD, "/", Depth::One));
    TRY(attach_mount(copy.get(), first.get()));
    if (::fchdir(copy.get()) != 0 || ::chroot(".") != 0) return errno_error("chroot");
    return {};
}

Result<void> mount_one(const EarlyMount& wanted) {
    const UniqueFd mount = TRY(create_mount({.type = wanted.type,
                                             .source = wanted.type,
                                             .options = {},
                                             .attributes = wanted.attributes}));
    const UniqueFd target = TRY(open_file(wanted.path, O_PATH | O_DIRECTORY));
    return attach_mount(mount.get(), target.get());
}

}  // namespace

Result<void> mount_early() {
    TRY_CONTEXT(replace_root(), "root");
    for (const EarlyMount& each : kMounts) TRY_CONTEXT(mount_one(each), each.path);
    return {};
}

}  // namespace bulkhead::agent
