#include "vmm/lockdown/platform.h"

#include <linux/audit.h>

namespace bulkhead::lockdown {

const std::uint32_t kAuditArchitecture = AUDIT_ARCH_X86_64;

}  // namespace bulkhead::lockdown
