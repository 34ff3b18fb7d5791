#include "host/state/paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace bulkhead::state {

namespace {

// XDG base directory specification: a relative path counts as not set.
std::optional<std::string> absolute(const Variable& variable, const std::string& name) {
    auto value = variable(name);
    if (!value || !value->starts_with('/')) return std::nullopt;
    return value;
}

// Whoever may write there could put a disk, a configuration or a socket of his own in place.
Result<void> check_owner(const std::string& path) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) return errno_error(path);
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        return Error(concat(path, " belongs to user ", status.st_uid, ", not to us"));
    const bool others_group = status.st_gid != 0 && status.st_gid != ::getegid();
    const mode_t others = S_IWOTH | (others_group ? S_IWGRP : mode_t{0});
    if ((status.st_mode & others) != 0)
        return Error(concat(path, " may be written by other users: chmod go-w it"));
    return {};
}

}  // namespace

Result<Paths> default_paths(bool is_root, const Variable& variable) {
    if (is_root) return Paths{"/var/lib/bulkhead", "/run/bulkhead"};
    auto data = absolute(variable, "XDG_DATA_HOME");
    if (!data) {
        const auto home = absolute(variable, "HOME");
        if (!home) return Error("HOME is not set: say where to keep data with --root DIR");
        data = *home + "/.local/share";
    }
    const std::string root = *data + "/bulkhead";
    const auto runtime = absolute(variable, "XDG_RUNTIME_DIR");
    // Without a login session there is no runtime directory; locks tell which entries are stale.
    return Paths{root, runtime ? *runtime + "/bulkhead" : root + "/run"};
}

Result<void> make_directories(const std::string& path) {
    constexpr mode_t kMode = 0700;
    // Mostly it is there, or its parent is.
    if (::mkdir(path.c_str(), kMode) == 0 || errno == EEXIST) return check_owner(path);
    for (std::size_t end = 1; end <= path.size(); ++end) {
        end = std::min(path.find('/', end), path.size());
        const std::string part = path.substr(0, end);
        if (::mkdir(part.c_str(), kMode) != 0 && errno != EEXIST)
            return errno_error("make directory " + part);
    }
    return check_owner(path);
}

}  // namespace bulkhead::state
