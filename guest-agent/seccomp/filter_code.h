// Code of a seccomp filter in the kernel's classic BPF. Every piece ends in a return on every path,
// so pieces can be put one after another. Thread: any (pure).
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "guest-agent/seccomp/call_rules.h"

namespace bulkhead::agent {

using FilterCode = std::vector<sock_filter>;

FilterCode return_code(std::uint32_t action);

// What to do about one call: its clauses in turn, then `otherwise`.
FilterCode call_code(const CallRules& rules, std::uint32_t otherwise);

// From this number up to the next range's, the same is done.
struct CallRange {
    std::uint32_t first = 0;
    FilterCode code;
};

// A binary search for the call's number, which the code loads. The ranges are sorted; the first one
// starts at 0.
FilterCode search_code(const std::vector<CallRange>& ranges);

// `matching` for calls of this architecture (AUDIT_ARCH_*), `rest` for all others.
FilterCode architecture_code(std::uint32_t architecture, const FilterCode& matching,
                             const FilterCode& rest);

}  // namespace bulkhead::agent
