// Whether bytes are valid UTF-8: protobuf strings must be, and users' input may not be.
#pragma once

#include <cstddef>
#include <string_view>

namespace bulkhead {

// Shortest forms only, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

// How many bytes at the end begin a character that is not complete: at most 3, and 0 where the last
// bytes begin none.
[[nodiscard]] std::size_t incomplete_utf8(std::string_view text);

// The beginning of a text, of at most so many bytes, without a part of a character at its end.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t most);

}  // namespace bulkhead
