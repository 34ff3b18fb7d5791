// Which starts could have had an image's template, had there been one: it is made by the second of
// them. Forgetful, so that it stays small. Thread: any.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace bulkhead::templates {

inline constexpr std::size_t kMostStarts = 64;

// Whether one with this id was noted before; it is, from now on. `store` is a Store's directory.
Result<bool> note_start(const std::string& store, const std::string& id);

}  // namespace bulkhead::templates
