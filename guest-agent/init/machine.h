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

// Resets the machine, which ends the VM.
[[noreturn]] void reset_machine();

}  // namespace bulkhead::agent
