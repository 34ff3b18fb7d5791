#include "host/runtime/tmpfs.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "host/runtime/quantities.h"

namespace bulkhead::runtime {

namespace {

// Options that are each other's opposite: the last one given wins.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kOpposites = {{
    {"ro", "rw"},
    {"nosuid", "suid"},
    {"nodev", "dev"},
    {"noexec", "exec"},
    {"noatime", "atime"},
    {"nodiratime", "diratime"},
    {"relatime", "norelatime"},
    {"strictatime", "nostrictatime"},
    {"sync", "async"},
    {"dirsync", "dirsync"},
}};

constexpr std::array<std::string_view, 7> kWithValue = {"size", "mode",      "uid",      "gid",
                                                        "mpol", "nr_inodes", "nr_blocks"};

bool is_flag(std::string_view option) {
    return std::any_of(kOpposites.begin(), kOpposites.end(), [&](const auto& pair) {
        return pair.first == option || pair.second == option;
    });
}

bool replaces(std::string_view option, std::string_view older) {
    const std::size_t equals = option.find('=');
    if (equals != std::string_view::npos) return older.starts_with(option.substr(0, equals + 1));
    return std::any_of(kOpposites.begin(), kOpposites.end(), [&](const auto& pair) {
        return (pair.first == option || pair.second == option) &&
               (pair.first == older || pair.second == older);
    });
}

// The option in the form that the guest's mount(2) takes: "size=64m" becomes a number of bytes.
Result<std::string> checked_option(std::string_view option) {
    if (is_flag(option)) return std::string(option);
    const std::size_t equals = option.find('=');
    const std::string_view key = option.substr(0, equals);
    const bool known = std::find(kWithValue.begin(), kWithValue.end(), key) != kWithValue.end();
    if (!known || equals == std::string_view::npos || equals + 1 == option.size())
        return Error(concat("invalid tmpfs option \"", option, "\""));
    const std::string_view value = option.substr(equals + 1);
    if (key != "size" || value.ends_with('%')) return std::string(option);
    return concat("size=", TRY(parse_bytes(value)));
}

}  // namespace

Result<std::string> clean_absolute_path(std::string_view path) {
    if (!path.starts_with('/'))
        return Error(concat("invalid mount path: '", path, "' mount path must be absolute"));
    std::string clean = std::filesystem::path(path).lexically_normal().string();
    while (clean.size() > 1 && clean.ends_with('/')) clean.pop_back();
    return clean;
}

Result<Tmpfs> parse_tmpfs(std::string_view text) {
    const std::size_t colon = text.find(':');
    Tmpfs tmpfs{TRY(clean_absolute_path(text.substr(0, colon))), {"nosuid", "nodev", "noexec"}};
    if (tmpfs.destination == "/")
        return Error(concat("invalid specification: destination can't be '/': ", text));
    std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        std::string option = TRY(checked_option(rest.substr(0, end)));
        std::erase_if(tmpfs.options, [&](const auto& older) { return replaces(option, older); });
        tmpfs.options.push_back(std::move(option));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return tmpfs;
}

}  // namespace bulkhead::runtime
