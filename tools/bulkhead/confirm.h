// docker's question before something is removed. Thread: main.
#pragma once

#include <string_view>

namespace bulkhead::cli {

// Prints the warning and asks; true for "y" or "yes".
bool confirm(std::string_view warning);

}  // namespace bulkhead::cli
