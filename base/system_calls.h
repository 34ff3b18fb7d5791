// How seccomp tells calls of the architecture that this is built for from others. Thread: any.
#pragma once

#include <cstdint>

namespace bulkhead::seccomp {

extern const std::uint32_t kAuditArchitecture;  // AUDIT_ARCH_*
// Numbers from this one on are of another calling convention.
extern const std::uint32_t kFirstForeignCall;

}  // namespace bulkhead::seccomp
