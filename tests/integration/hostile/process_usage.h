// What a monitor's process uses, from /proc. Thread: any.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace bulkhead::test {

// Its private memory without the guest's, in KiB. The guest's mappings are those that are kept out
// of core dumps.
std::uint64_t private_kib(pid_t process);

// Processor time of its first thread, the event loop's.
std::chrono::nanoseconds loop_time(pid_t process);

}  // namespace bulkhead::test
