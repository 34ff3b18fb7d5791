// Container ids and names. Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::state {

// 64 hexadecimal digits from the kernel's random numbers.
Result<std::string> random_id();

// Whether it is a whole one.
bool is_id(std::string_view text);

// The first 12 digits, as lists show it.
std::string short_id(std::string_view id);

// "brisk_harbor": an adjective and a noun. Not unique by itself.
Result<std::string> random_name();

// docker's rule: [a-zA-Z0-9][a-zA-Z0-9_.-]+
Result<void> check_name(std::string_view name);

}  // namespace bulkhead::state
