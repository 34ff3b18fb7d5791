// The guest's memory as the kernel is told of it (e820 types). Thread: any.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vmm/memory/guest_memory.h"

namespace bulkhead::arch {

enum class MemoryType : std::uint32_t { Ram = 1, Reserved = 2 };

struct MemoryMapEntry {
    std::uint64_t start = 0;
    std::uint64_t size = 0;
    MemoryType type = MemoryType::Reserved;
};

// Sorted, not overlapping. The first megabyte looks as it does on a PC.
std::vector<MemoryMapEntry> memory_map(std::span<const memory::GuestMemory::Region> ram);

}  // namespace bulkhead::arch
