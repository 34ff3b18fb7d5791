#include "tools/bulkhead/global_flags.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace bulkhead::cli {

std::vector<Flag> global_flags(GlobalFlags& target) {
    return {{"root", '\0', "DIR", "where images and containers are kept", store(target.root)},
            {"state", '\0', "DIR", "what does not outlive a reboot", store(target.state)},
            {"version", 'v', "", "show the version", store(target.version)},
            {"help", 'h', "", "show this text", store(target.help)}};
}

Result<state::Paths> choose_paths(const GlobalFlags& flags) {
    const auto variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
    };
    state::Paths paths{flags.root, flags.state};
    // With --root alone, what is transient stays with it, away from other roots' containers.
    if (!paths.root.empty() && paths.state.empty()) paths.state = paths.root + "/run";
    if (paths.root.empty()) {
        const state::Paths usual = TRY(state::default_paths(::geteuid() == 0, variable));
        paths.root = usual.root;
        if (paths.state.empty()) paths.state = usual.state;
    }
    paths.root = std::filesystem::absolute(paths.root).lexically_normal().string();
    paths.state = std::filesystem::absolute(paths.state).lexically_normal().string();
    return paths;
}

}  // namespace bulkhead::cli
