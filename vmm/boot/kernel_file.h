// Copies a kernel and an initial RAM disk from open files into guest memory. The only code that
// reads them. Thread: any, before the guest runs.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "vmm/boot/elf_image.h"
#include "vmm/memory/guest_memory.h"

namespace bulkhead::boot {

// Parses the file as an ELF vmlinux and copies its segments, none of which may lie below `lowest`.
Result<ElfImage> load_kernel(int file, const memory::GuestMemory& memory,
                             memory::GuestAddress lowest);

// Copies `length` bytes from the start of the file to `start`.
Result<void> load_file(int file, const memory::GuestMemory& memory, memory::GuestAddress start,
                       std::uint64_t length);

}  // namespace bulkhead::boot
