// What seccomp calls the architecture that this is built for. Thread: any.
#pragma once

#include <cstdint>

namespace bulkhead::jail {

extern const std::uint32_t kAuditArchitecture;  // AUDIT_ARCH_*
// Numbers from this one on are of another calling convention.
extern const std::uint32_t kFirstForeignCall;

}  // namespace bulkhead::jail
