// The list's rules as a filter. Thread: any (pure).
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <span>
#include <vector>

#include "vmm/lockdown/rule.h"

namespace bulkhead::lockdown {

// A call that no rule allows, and any call of another architecture, kills the process. `self`
// stands in for kOwnProcess.
std::vector<sock_filter> compile(std::span<const Rule> rules, pid_t self);

}  // namespace bulkhead::lockdown
