// Durations as Go writes and docker takes them: "90s", "1m30s", "1.5h", "250ms". Thread: any.
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

// Not negative; "0" alone needs no unit.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace bulkhead::runtime
