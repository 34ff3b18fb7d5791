// Words of an OCI seccomp section as libseccomp's and the kernel's numbers. Thread: any (pure).
#pragma once

#include <seccomp.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace bulkhead::agent {

// `errno_or_data` is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE.
std::optional<std::uint32_t> seccomp_action(std::string_view name, std::uint32_t errno_or_data);
std::optional<scmp_compare> seccomp_comparison(std::string_view name);
std::optional<std::uint32_t> seccomp_architecture(std::string_view name);
std::optional<unsigned> seccomp_flag(std::string_view name);

}  // namespace bulkhead::agent
