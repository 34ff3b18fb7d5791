#include "guest-agent/spec/check.h"

namespace bulkhead::agent {

Result<void> check_text(const std::string& text, std::size_t limit, std::string_view what) {
    if (text.size() > limit) {
        return Error(concat(what, ": ", text.size(), " bytes, at most ", limit, " are allowed"));
    }
    if (text.find('\0') != std::string::npos) return Error(concat(what, ": contains a NUL byte"));
    return {};
}

Result<void> check_path(const std::string& path, std::string_view what) {
    TRY(check_text(path, kMaxPath - 1, what));
    if (path.empty() || path[0] != '/')
        return Error(concat(what, ": \"", path, "\" is not absolute"));
    if (path.find_first_not_of("/.") == std::string::npos) {
        return Error(concat(what, ": \"", path, "\" is the root directory or outside of it"));
    }
    return {};
}

}  // namespace bulkhead::agent
