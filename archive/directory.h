// The names in a directory. Thread: any.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace bulkhead::archive {

// Sorted, without "." and "..". The descriptor stays the caller's.
Result<std::vector<std::string>> names_in(int directory);

}  // namespace bulkhead::archive
