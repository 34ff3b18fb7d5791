// hvm_start_info: what a PVH kernel is given in a register. Xen: public/arch-x86/hvm/start_info.h.
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "vmm/arch/x86_64/memory_map.h"
#include "vmm/memory/guest_memory.h"

namespace bulkhead::arch {

struct StartInfo {
    std::string command_line;
    std::optional<memory::GuestMemory::Range> initrd;
    std::span<const MemoryMapEntry> memory_map;
};

// Writes it to its place (layout.h) and gives the address.
Result<memory::GuestAddress> write_start_info(const memory::GuestMemory& memory,
                                              const StartInfo& info);

}  // namespace bulkhead::arch
