// How the kernel is to schedule a process (the spec's scheduler, ioPriority, personality), as what
// the system calls want. Thread: any (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class IoPriority;
class Scheduler;
}  // namespace bulkhead::oci::v1

namespace bulkhead::agent {

// The kernel's struct sched_attr, first version: sched_setattr(2).
struct SchedulerAttributes {
    std::uint32_t size = 48;
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0;  // nanoseconds, as the next two
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
};

// Nothing when the spec says nothing.
Result<std::optional<SchedulerAttributes>> scheduler(const oci::v1::Scheduler& wanted);

// For ioprio_set(2); nothing when the spec says nothing.
Result<std::optional<int>> io_priority(const oci::v1::IoPriority& wanted);

// For personality(2): "LINUX" or "LINUX32"; nothing for nothing.
Result<std::optional<unsigned long>> personality_of(std::string_view domain);

}  // namespace bulkhead::agent
