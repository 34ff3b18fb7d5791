#include "host/cgroup/place.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::cgroup {

namespace {

constexpr std::size_t kMaxList = 4096;

struct Controller {
    std::string_view name;
    bool needed = true;
};

constexpr std::array kControllers = {Controller{"memory"}, Controller{"cpu"}, Controller{"pids"},
                                     Controller{"io", false}};

Result<void> check_mount(const std::string& mount) {
    struct statfs status {};

    if (::statfs(mount.c_str(), &status) != 0) return errno_error(mount);
    if (status.f_type == CGROUP2_SUPER_MAGIC) return {};
    return Error(mount + " is not a cgroup v2 file system");
}

Result<std::vector<std::string>> words_in(const std::string& path) {
    std::istringstream text(TRY(read_file(path, kMaxList)));
    std::vector<std::string> words;
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// Children of `path` get the controllers.
Result<void> enable_controllers(const std::string& path) {
    const std::string file = path + "/cgroup.subtree_control";
    const auto enabled = TRY(words_in(file));
    const auto is_enabled = [&](const Controller& each) { return contains(enabled, each.name); };
    if (std::ranges::all_of(kControllers, is_enabled)) return {};
    const auto available = TRY(words_in(path + "/cgroup.controllers"));
    std::string missing;
    for (const Controller& controller : kControllers) {
        const bool there = contains(available, controller.name);
        if (!there && controller.needed)
            return Error(concat(path, " has no ", controller.name, " controller"));
        // Only what is missing: every write makes the kernel look at all processes below.
        if (there && !is_enabled(controller)) missing += concat("+", controller.name, " ");
    }
    return missing.empty() ? Result<void>() : write_setting(file, missing);
}

Result<void> make_cgroup(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
    return errno_error("make the cgroup " + path);
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
    return std::any_of(ends.begin(), ends.end(),
                       [&](std::string_view end) { return text.ends_with(end); });
}

}  // namespace

std::string Place::path() const {
    return concat(mount, parent, parent.ends_with('/') ? "" : "/", name);
}

Result<void> check_parent(const std::string& parent) {
    if (!parent.starts_with('/'))
        return Error("a cgroup's parent begins with /, where " + std::string(kMount) + " is /");
    for (const auto& part : std::filesystem::path(parent).relative_path()) {
        const std::string name = part.string();
        if (name.empty() || name == "." || name == ".." || name.find('\n') != std::string::npos)
            return Error("a cgroup's parent is a plain path, without //, . and ..");
        if (ends_with_any(name, {".slice", ".scope"}))
            return Error(name +
                         " is systemd's: Bulkhead makes cgroups without asking it; give one "
                         "that is delegated, or a name of your own");
    }
    return {};
}

Result<void> prepare(const Place& place) {
    TRY(check_mount(place.mount));
    std::string path = place.mount;
    TRY(enable_controllers(path));
    const std::filesystem::path below = place.path().substr(place.mount.size());
    for (const auto& part : below.relative_path()) {
        path += "/" + part.string();
        TRY(make_cgroup(path));
        TRY(enable_controllers(path));
    }
    return {};
}

}  // namespace bulkhead::cgroup
