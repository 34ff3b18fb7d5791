// What seccomp calls the architecture that this is built for. Thread: any.
#pragma once

#include <cstdint>

namespace bulkhead::lockdown {

extern const std::uint32_t kAuditArchitecture;  // AUDIT_ARCH_*

}  // namespace bulkhead::lockdown
