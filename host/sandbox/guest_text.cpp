#include "host/sandbox/guest_text.h"

#include <algorithm>

namespace bulkhead::sandbox {

std::string printable(std::string_view text, std::size_t limit) {
    std::string result(text.substr(0, limit));
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        if (c == '\n' || c == '\t') return ' ';
        return c >= 0x20 && c < 0x7F ? c : '?';
    });
    if (text.size() > limit) result += "...";
    return result;
}

}  // namespace bulkhead::sandbox
