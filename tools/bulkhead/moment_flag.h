// --since and --until. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::cli {

// Nanoseconds since 1970; nothing when the flag was not given.
Result<std::optional<std::int64_t>> parse_moment_flag(std::string_view flag,
                                                      const std::string& text);

}  // namespace bulkhead::cli
