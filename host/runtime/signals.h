// Signals by name or number, as docker takes them. Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

// "TERM", "SIGTERM", "term", "15", "RTMIN+3".
Result<int> parse_signal(std::string_view text);

// "SIGTERM"; the number in words where there is no name.
std::string signal_name(int number);

}  // namespace bulkhead::runtime
