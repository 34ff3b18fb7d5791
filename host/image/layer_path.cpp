#include "host/image/layer_path.h"

#include <algorithm>

#include "base/text.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

// Removes the last component of `path`, if it has one.
bool drop_last(std::string& path) {
    if (path.empty()) return false;
    const std::size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
    return true;
}

}  // namespace

std::string printable(std::string_view text) {
    constexpr std::size_t kShown = 256;
    std::string shown(text.substr(0, kShown));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, '?');
    return text.size() > kShown ? shown + "..." : shown;
}

std::string quoted(std::string_view text) {
    return "\"" + printable(text) + "\"";
}

Result<std::string> normalise_path(std::string_view path) {
    std::string normal;
    std::string_view rest = path;
    while (!rest.empty()) {
        const std::size_t slash = std::min(rest.find('/'), rest.size());
        const std::string_view component = rest.substr(0, slash);
        rest.remove_prefix(std::min(slash + 1, rest.size()));
        if (component.empty() || component == ".") continue;
        if (component == "..") {
            if (!drop_last(normal))
                return Error(concat("\"", printable(path), "\" leaves the image's root"));
            continue;
        }
        // A whiteout of the longest name has a longer one.
        const std::size_t limit = kMaxNameBytes + (component.starts_with(".wh.") ? 4 : 0);
        if (component.size() > limit || component.find('\0') != std::string_view::npos) {
            return Error(concat("\"", printable(component), "\" is not a file name: longer than ",
                                kMaxNameBytes, " bytes or with a zero byte"));
        }
        if (!normal.empty()) normal.push_back('/');
        normal.append(component);
    }
    if (normal.size() > kMaxPathBytes) {
        return Error(concat("\"", printable(path), "\" is longer than ", kMaxPathBytes, " bytes"));
    }
    return normal;
}

std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return {std::string_view(), path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace bulkhead::image
