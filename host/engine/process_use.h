// What one of our own processes takes on the host. Thread: any.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace bulkhead::engine {

struct MemoryUse {
    std::uint64_t private_bytes = 0;  // that nobody shares, without the guest's memory
    std::uint64_t guest_bytes = 0;    // of the guest's memory, what takes room
};

// Of /proc/PID/smaps. A monitor's guest memory is what can be written to and would not be copied by
// fork (madvise, MADV_DONTFORK): one mapping, or many where the machine goes on from a template.
MemoryUse parse_memory_use(std::string_view smaps);

struct ProcessUse {
    MemoryUse memory;
    std::uint64_t cpu_ns = 0;
};

// An error when the process is gone or not ours.
Result<ProcessUse> process_use(pid_t pid);

}  // namespace bulkhead::engine
