// A string as a JSON literal, quotes included. The agent writes one small JSON text, and reads
// none. Thread: any (pure).
#pragma once

#include <string>
#include <string_view>

namespace bulkhead::agent {

// `text` is UTF-8, as every string of protobuf is.
std::string json_text(std::string_view text);

}  // namespace bulkhead::agent
