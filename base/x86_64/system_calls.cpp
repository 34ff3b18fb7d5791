#include "base/system_calls.h"

#include <asm/unistd.h>
#include <linux/audit.h>

namespace bulkhead::seccomp {

const std::uint32_t kAuditArchitecture = AUDIT_ARCH_X86_64;
const std::uint32_t kFirstForeignCall = __X32_SYSCALL_BIT;

}  // namespace bulkhead::seccomp
