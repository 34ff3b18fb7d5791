#include "base/utf8.h"

#include <cstddef>
#include <cstdint>

#include "base/word_scan.h"

namespace bulkhead {

namespace {

// Length of the sequence that `lead` starts and the smallest code point that needs it; 0 for a byte
// that starts none.
struct Sequence {
    std::size_t length;
    std::uint32_t smallest;
};

Sequence sequence_of(std::uint8_t lead) {
    if (lead < 0x80) return {1, 0};
    if (lead >= 0xC2 && lead < 0xE0) return {2, 0x80};
    if (lead >= 0xE0 && lead < 0xF0) return {3, 0x800};
    if (lead >= 0xF0 && lead < 0xF5) return {4, 0x10000};
    return {0, 0};
}

std::size_t ascii_prefix(std::string_view text) {
    return word::prefix_before(text, word::any_not_ascii,
                               [](std::uint8_t byte) { return byte >= 0x80; });
}

}  // namespace

bool is_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<std::uint8_t>(text[at]);
        if (lead < 0x80) {
            at += ascii_prefix(text.substr(at));
            continue;
        }
        const Sequence sequence = sequence_of(lead);
        if (sequence.length == 0 || text.size() - at < sequence.length) return false;
        std::uint32_t point = lead & (0x7FU >> sequence.length);
        for (std::size_t i = 1; i < sequence.length; ++i) {
            const auto next = static_cast<std::uint8_t>(text[at + i]);
            if ((next & 0xC0U) != 0x80U) return false;
            point = (point << 6U) | (next & 0x3FU);
        }
        if (point < sequence.smallest || point > 0x10FFFF) return false;
        if (point >= 0xD800 && point <= 0xDFFF) return false;
        at += sequence.length;
    }
    return true;
}

std::size_t incomplete_utf8(std::string_view text) {
    constexpr std::size_t kMost = 3;
    for (std::size_t count = 1; count <= kMost && count <= text.size(); ++count) {
        const auto byte = static_cast<std::uint8_t>(text[text.size() - count]);
        if ((byte & 0xC0U) == 0x80U) continue;
        return sequence_of(byte).length > count ? count : 0;
    }
    return 0;
}

std::string_view utf8_prefix(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    text = text.substr(0, most);
    text.remove_suffix(incomplete_utf8(text));
    return text;
}

}  // namespace bulkhead
