#include "guest-agent/launch/identity.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "base/syscalls.h"
#include "base/text.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

constexpr std::uint64_t kMaxAccountFile = std::uint64_t{16} * 1024 * 1024;

// Untrusted: it may be a fifo or a device, and of any size.
Result<std::string> read_account_file(const std::string& path) {
    const auto file = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) return std::string();  // as good as empty

    struct stat status {};

    if (::fstat(file->get(), &status) != 0) return errno_error(path);
    if (!S_ISREG(status.st_mode)) return Error(concat(path, ": not a regular file"));
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > kMaxAccountFile)
        return Error(concat(path, ": larger than ", bytes_text(kMaxAccountFile)));
    std::string text(size, '\0');
    text.resize(TRY(read_full(file->get(), std::as_writable_bytes(std::span(text)))));
    return text;
}

bool has_home(const oci::v1::Process& process) {
    return std::any_of(process.env().begin(), process.env().end(),
                       [](const std::string& each) { return each.starts_with("HOME="); });
}

}  // namespace

Result<Identity> find_identity(const oci::v1::Process& process) {
    const oci::v1::User& user = process.user();
    const bool by_name = !user.username().empty() || !user.additional_groups().empty();
    std::string passwd;
    std::string group;
    if (by_name || !has_home(process)) passwd = TRY(read_account_file("/etc/passwd"));
    if (by_name) group = TRY(read_account_file("/etc/group"));
    return look_up(user, passwd, group);
}

Result<void> give_streams_to(std::uint32_t uid) {
    for (int number = 0; number <= 2; ++number) {
        struct stat status {};

        if (::fstat(number, &status) != 0) return errno_error("standard streams");
        const bool null_device = S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
        if (status.st_uid == uid || null_device) continue;
        // An id that the user namespace does not know leaves the owner as it is.
        if (::fchown(number, uid, static_cast<gid_t>(-1)) != 0 && errno != EINVAL &&
            errno != EPERM) {
            return errno_error("standard streams: chown");
        }
    }
    return {};
}

Result<void> assume_identity(const Identity& identity) {
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return errno_error("PR_SET_KEEPCAPS");
    if (::setgroups(identity.groups.size(), identity.groups.data()) != 0)
        return errno_error("setgroups");
    if (::setresgid(identity.gid, identity.gid, identity.gid) != 0) {
        return errno_error(concat("setgid ", identity.gid));
    }
    if (::setresuid(identity.uid, identity.uid, identity.uid) != 0) {
        return errno_error(concat("setuid ", identity.uid));
    }
    if (::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) return errno_error("PR_SET_KEEPCAPS");
    return {};
}

Result<void> WorkingDirectory::enter_as_root() {
    entered_ = ::chdir(path_.c_str()) == 0;
    if (entered_ || errno == EACCES || errno == EPERM) return {};
    return errno_error(concat("chdir to cwd (\"", path_, "\")"));
}

Result<void> WorkingDirectory::enter_as_user() {
    if (entered_ || ::chdir(path_.c_str()) == 0) return {};
    return errno_error(concat("chdir to cwd (\"", path_, "\")"));
}

}  // namespace bulkhead::agent
