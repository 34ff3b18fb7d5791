#include "tools/bulkhead/detach_keys.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace bulkhead::cli {

namespace {

// The byte that a terminal gives for a key: "a", "ctrl-p", "ctrl-@".
Result<char> parse_key(std::string_view key) {
    constexpr std::string_view kControl = "ctrl-";
    if (key.size() == 1 && key[0] > ' ' && key[0] <= '~') return key[0];
    if (key.size() == kControl.size() + 1 && key.starts_with(kControl)) {
        const char letter = key.back();
        const bool known = (letter >= 'a' && letter <= 'z') ||
                           std::string_view("@[\\]^_").find(letter) != std::string_view::npos;
        if (known) return static_cast<char>(letter & 0x1F);
    }
    return Error(concat("unknown character: '", key, "'"));
}

}  // namespace

DetachKeys DetachKeys::usual() {
    return DetachKeys("\x10\x11");  // ctrl-p, ctrl-q
}

Result<DetachKeys> DetachKeys::parse(std::string_view text) {
    std::string_view rest = text;
    std::string keys;
    while (true) {
        const auto comma = rest.find(',');
        keys += TRY(parse_key(rest.substr(0, comma)));
        if (keys.size() > kMaxKeys) return Error(concat("more than ", kMaxKeys, " detach keys"));
        if (comma == std::string_view::npos) return DetachKeys(std::move(keys));
        rest.remove_prefix(comma + 1);
    }
}

Flag detach_keys_flag(DetachKeys& target) {
    return {"detach-keys", '\0', "KEYS", "that leave the container (default ctrl-p,ctrl-q)",
            [&target](const std::string& value) -> Result<void> {
                target = TRY(DetachKeys::parse(value));
                return {};
            }};
}

std::size_t DetachKeys::filter(std::span<std::byte> buffer, std::size_t count) {
    const std::vector<std::byte> typed(buffer.begin(),
                                       buffer.begin() + static_cast<std::ptrdiff_t>(count));
    std::size_t kept = 0;
    for (const std::byte byte : typed) {
        if (found()) break;
        const char c = static_cast<char>(byte);
        if (c == keys_[matched_]) {
            ++matched_;
            continue;
        }
        for (std::size_t i = 0; i < matched_; ++i)
            buffer[kept++] = static_cast<std::byte>(keys_[i]);
        matched_ = c == keys_[0] ? 1 : 0;
        if (matched_ == 0) buffer[kept++] = byte;
    }
    return kept;
}

}  // namespace bulkhead::cli
