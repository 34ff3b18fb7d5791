// The kernel's memory for compiled filters, kept from the first one on. Thread: any.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::agent {

// The kernel puts compiled BPF programs, of which each seccomp profile is one, into packs of 2 MiB,
// fills a new pack with instructions that trap, and gives an empty one back. While this descriptor
// is open there is a pack with room: a machine that was saved need not make its own for its first
// profile, which would touch all of it.
Result<UniqueFd> keep_filter_memory();

}  // namespace bulkhead::agent
