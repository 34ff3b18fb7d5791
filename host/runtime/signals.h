// Signals by name or number, as docker takes them. Thread: any.
#pragma once

#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

// "TERM", "SIGTERM", "term", "15", "RTMIN+3".
Result<int> parse_signal(std::string_view text);

}  // namespace bulkhead::runtime
