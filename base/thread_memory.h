// What each thread of a program takes of memory. Thread: main, before there are others.
#pragma once

#include "base/result.h"

namespace bulkhead {

// For programs of which there is one for each container, and whose threads do little: one heap for
// all threads, and stacks of 1 MiB. Of the usual 8 MiB the kernel makes the part that is touched
// first one huge page where it does so unasked.
Result<void> share_thread_memory();

}  // namespace bulkhead
