// The guest machine as a whole: its clock, its entropy, its end. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace bulkhead::agent {

// Nanoseconds since 1970.
Result<void> set_clock(std::int64_t realtime_ns);

// Mixes the bytes into the kernel's pool and credits them in full: they come from the host.
// Whatever the kernel's generator gives from then on depends on them. At least 32 bytes, or none.
Result<void> add_entropy(std::span<const std::byte> bytes);

// Has the kernel not wake up twice a second, as it does on its own, to see whether its free memory
// is in pieces: it still puts it together when somebody needs that. A kernel without this is fine.
void stop_proactive_compaction();

// Resets the machine, which ends the VM.
[[noreturn]] void reset_machine();

}  // namespace bulkhead::agent
