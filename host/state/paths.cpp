#include "host/state/paths.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace bulkhead::state {

namespace {

// XDG base directory specification: a relative path counts as not set.
std::optional<std::string> absolute(const Variable& variable, const std::string& name) {
    auto value = variable(name);
    if (!value || !value->starts_with('/')) return std::nullopt;
    return value;
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
    for (std::size_t end = 1; end <= path.size(); ++end) {
        end = std::min(path.find('/', end), path.size());
        const std::string part = path.substr(0, end);
        if (::mkdir(part.c_str(), kMode) != 0 && errno != EEXIST)
            return errno_error("make directory " + part);
    }
    return {};
}

}  // namespace bulkhead::state
