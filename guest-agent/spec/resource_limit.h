// Names of resource limits in the OCI runtime spec ("RLIMIT_NOFILE"). Thread: any (pure).
#pragma once

#include <optional>
#include <string_view>

namespace bulkhead::agent {

// The number for setrlimit(2); nothing for an unknown name.
std::optional<int> resource_limit_number(std::string_view name);

}  // namespace bulkhead::agent
