// The instructions put before a filter so that system calls newer than its profile give ENOSYS.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace bulkhead::agent {

// `architectures` are libseccomp's numbers, which are the kernel's AUDIT_ARCH numbers. `last_call`
// is the highest number that the profile names, on the machine's own architecture; negative for
// none. Since call 424 all architectures number new calls alike, so a lower one gives no
// instructions for the others.
std::vector<sock_filter> newer_calls_prologue(std::span<const std::uint32_t> architectures,
                                              int last_call);

}  // namespace bulkhead::agent
