// The manual page, bulkhead(1), from the verbs' own words. Thread: main.
#pragma once

#include <span>
#include <string>

#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

// In roff, with the macros of man(7).
std::string man_page(std::span<const Command* const> commands);

}  // namespace bulkhead::cli
