#include "guest-agent/files/identity.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/mounts/mount_api.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";
constexpr const char* kAnyId = "/proc/sys/kernel/random/uuid";
constexpr const char* kOurBootId = "/run/boot_id";

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// Without a symbolic link on the way: where one is, the container has put it there.
UniqueFd open_plainly(const std::string& path, std::uint64_t flags) {
    open_how how{};
    how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
    how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return UniqueFd(
        static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how))));
}

// The agent's injected files are each a mount of a regular file of a tmpfs.
bool is_injected(int file) {
    struct stat status {};

    struct statfs system {};

    return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
           ::fstatfs(file, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

Result<void> write_content(const v1::InjectedFile& file) {
    const UniqueFd opened = open_plainly(file.path(), O_WRONLY | O_TRUNC);
    if (!opened.valid()) return errno_error("opening it");
    return write_full(opened.get(), bytes_of(file.content()));
}

Result<void> rewrite(const v1::InjectedFile& file) {
    const UniqueFd place = open_plainly(file.path(), O_PATH);
    if (!place.valid() || !is_injected(place.get())) return {};

    struct statfs system {};

    const bool read_only =
        ::fstatfs(place.get(), &system) == 0 && (system.f_flags & ST_RDONLY) != 0;
    if (read_only) TRY(change_mount(place.get(), {.clear = MOUNT_ATTR_RDONLY}, Depth::One));
    TRY(write_content(file));
    if (read_only) TRY(change_mount(place.get(), {.set = MOUNT_ATTR_RDONLY}, Depth::One));
    return {};
}

}  // namespace

Result<UniqueFd> renew_boot_id() {
    constexpr std::size_t kEnough = 64;
    constexpr mode_t kPublic = 0444;
    const std::string id = TRY(read_file(kAnyId, kEnough));
    const bool is_new = ::access(kOurBootId, F_OK) != 0;
    const UniqueFd file = TRY(open_file(kOurBootId, O_WRONLY | O_CREAT | O_TRUNC, kPublic));
    TRY(write_full(file.get(), bytes_of(id)));
    if (!is_new) return UniqueFd();
    UniqueFd mount = TRY(clone_mount(AT_FDCWD, kOurBootId, Depth::One));
    TRY(change_mount(mount.get(), {.set = MOUNT_ATTR_RDONLY}, Depth::One));
    return mount;
}

Result<void> take_identity(const v1::NewIdentity& identity, const UniqueFd& boot_id) {
    const std::string& name = identity.hostname();
    if (!name.empty() && ::sethostname(name.data(), name.size()) != 0)
        return errno_error("hostname");
    for (const auto& file : identity.files()) TRY_CONTEXT(rewrite(file), file.path());
    if (!boot_id.valid()) return {};
    // A container without it sees none.
    const UniqueFd place = open_plainly(kBootId, O_PATH);
    return place.valid() ? attach_mount(boot_id.get(), place.get()).context("boot_id")
                         : Result<void>();
}

}  // namespace bulkhead::agent
