// Whether bytes are valid UTF-8: protobuf strings must be, and users' input may not be.
#pragma once

#include <string_view>

namespace bulkhead {

// Shortest forms only, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace bulkhead
