// Landlock: a second lock on the file system and the network, which holds even where a filter or a
// namespace has a hole. Thread: the one that calls, and those that it makes afterwards.
#pragma once

#include "base/result.h"

namespace bulkhead::lockdown {

// Refuses everything that this kernel's Landlock knows to refuse. Descriptors that are open already
// keep what they can do. Nothing happens where the kernel has no Landlock, which the host reports.
// Needs no_new_privs.
Result<void> deny_all_access();

}  // namespace bulkhead::lockdown
