// Capability names of the OCI runtime spec ("CAP_NET_BIND_SERVICE") and their numbers. Thread: any
// (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::agent {

// Nothing for a name that is not a capability.
std::optional<unsigned> capability_number(std::string_view name);

// One bit for each name; an error names the first unknown one.
Result<std::uint64_t> capability_mask(std::span<const std::string* const> names);

}  // namespace bulkhead::agent
