// Small checks shared by the validation of the parts of a spec. Each error names the field.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "guest-agent/spec/limits.h"

namespace bulkhead::agent {

template <class List>
Result<void> check_count(const List& list, std::size_t limit, std::string_view what) {
    if (static_cast<std::size_t>(list.size()) > limit) {
        return Error(concat(what, ": ", list.size(), " entries, at most ", limit, " are allowed"));
    }
    return {};
}

// No NUL byte, which would silently cut the string at a system call, and at most `limit` bytes.
Result<void> check_text(const std::string& text, std::size_t limit, std::string_view what);

// check_text, absolute, and not "/" itself.
Result<void> check_path(const std::string& path, std::string_view what);

}  // namespace bulkhead::agent
