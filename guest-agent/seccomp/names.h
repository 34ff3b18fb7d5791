// Words of an OCI seccomp section as the kernel's (and, for architectures, libseccomp's) numbers.
// Thread: any (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "guest-agent/seccomp/call_rules.h"

namespace bulkhead::agent {

// SECCOMP_RET_*. `errno_or_data` is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE.
std::optional<std::uint32_t> seccomp_action(std::string_view name, std::uint32_t errno_or_data);
std::optional<Comparison> seccomp_comparison(std::string_view name);
std::optional<std::uint32_t> seccomp_architecture(std::string_view name);
std::optional<unsigned> seccomp_flag(std::string_view name);

// Whether an action lets the call be made.
bool lets_calls_through(std::uint32_t action);

}  // namespace bulkhead::agent
