// Which bulkhead this is. Thread: any.
#pragma once

#include <string>

namespace bulkhead::cli {

// "0.1.0"
std::string version_text();

}  // namespace bulkhead::cli
