// The list of system calls that the VMM may make once it is locked down: which, with which
// arguments, on which threads, and why. What is not on it kills the process. docs/jail.md shows
// it, and the test jail_syscalls fails when the two differ. Thread: any.
#pragma once

#include <span>
#include <vector>

#include "vmm/lockdown/rule.h"

namespace bulkhead::lockdown {

// All rules. A call may have several; one that holds is enough.
std::vector<Rule> all_rules();

// Those of one role. Filters only ever add up, so the first one, the start's, allows what any role
// may do later.
std::vector<Rule> rules_for(Role role);

// The architecture's part of the list: calls that others do not have, and KVM's requests.
std::span<const Rule> platform_rules();

}  // namespace bulkhead::lockdown
