// What a seccomp profile says about one call, as a piece of a filter. Thread: any (pure).
#pragma once

#include <cstdint>

#include "base/filter_code.h"
#include "guest-agent/seccomp/call_rules.h"

namespace bulkhead::agent {

using seccomp::FilterCode;

// What to do about one call: its clauses in turn, then `otherwise`.
FilterCode call_code(const CallRules& rules, std::uint32_t otherwise);

}  // namespace bulkhead::agent
