#include "tools/bulkhead/copy_paths.h"

#include <filesystem>

namespace bulkhead::cli {

CopyArgument parse_copy_argument(const std::string& argument) {
    if (argument.starts_with('/')) return {"", argument};
    const auto colon = argument.find(':');
    if (colon == std::string::npos || argument.starts_with('.')) return {"", argument};
    return {argument.substr(0, colon), argument.substr(colon + 1)};
}

std::string clean_path(const std::string& path) {
    std::string clean = std::filesystem::path(path).lexically_normal().string();
    while (clean.size() > 1 && clean.ends_with('/')) clean.pop_back();
    return clean.empty() ? "." : clean;
}

bool names_content(const std::string& path) {
    return path == "." || path.ends_with("/.");
}

bool asserts_directory(const std::string& path) {
    return path.ends_with('/') || names_content(path);
}

SplitPath split_path(const std::string& path) {
    const std::string clean = clean_path(path);
    if (names_content(path) || clean == "/") return {clean, "."};
    const auto slash = clean.rfind('/');
    if (slash == std::string::npos) return {".", clean};
    return {slash == 0 ? "/" : clean.substr(0, slash), clean.substr(slash + 1)};
}

std::string resolve_link(const std::string& path, const std::string& target) {
    if (target.starts_with('/')) return target;
    const std::string directory = split_path(clean_path(path)).directory;
    return directory + (directory.ends_with('/') ? "" : "/") + target;
}

Result<CopyPlan> plan_copy(const CopySide& source, const std::string& name,
                           const CopySide& destination) {
    if (destination.exists && destination.directory) return CopyPlan{destination.path, name};
    if (destination.exists && source.directory) return Error("cannot copy directory");
    if (!destination.exists && !source.directory && asserts_directory(destination.path))
        return Error("no such directory");
    // It takes the place, or the name, of the destination. "NEW/." is NEW, too.
    const SplitPath place = split_path(clean_path(destination.path));
    return CopyPlan{place.directory, place.name};
}

}  // namespace bulkhead::cli
