#include "guest-agent/launch/json_text.h"

namespace bulkhead::agent {

std::string json_text(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string literal = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            literal += '\\';
            literal += c;
        } else if (byte < 0x20) {
            literal += "\\u00";
            literal += kDigits[byte >> 4U];
            literal += kDigits[byte & 0xfU];
        } else {
            literal += c;
        }
    }
    return literal + '"';
}

}  // namespace bulkhead::agent
