#include "vmm/arch/x86_64/memory_map.h"

#include <algorithm>

#include "vmm/arch/arch.h"
#include "vmm/arch/x86_64/layout.h"

namespace bulkhead::arch {

std::vector<memory::GuestMemory::Range> ram_ranges(std::uint64_t bytes) {
    const std::uint64_t low = std::min(bytes, kGapStart);
    std::vector<memory::GuestMemory::Range> ranges{{memory::GuestAddress{0}, low}};
    if (bytes > low) ranges.push_back({memory::GuestAddress{kGapEnd}, bytes - low});
    return ranges;
}

std::vector<MemoryMapEntry> memory_map(std::span<const memory::GuestMemory::Region> ram) {
    std::vector<MemoryMapEntry> map{
        {.start = 0, .size = kBaseMemoryEnd, .type = MemoryType::Ram},
        {.start = kBaseMemoryEnd,
         .size = kKernelLowest - kBaseMemoryEnd,
         .type = MemoryType::Reserved},
    };
    for (const auto& region : ram) {
        const std::uint64_t start = std::max(raw(region.start), kKernelLowest);
        const std::uint64_t end = raw(region.start) + region.size;
        if (end > start) map.push_back({start, end - start, MemoryType::Ram});
    }
    return map;
}

}  // namespace bulkhead::arch
