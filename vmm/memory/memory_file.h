// A guest's memory in a file: the regions one after another, with holes where there are only zeros.
// Thread: any, while no vCPU runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/page_runs.h"
#include "base/result.h"
#include "vmm/memory/guest_memory.h"

namespace bulkhead::memory {

// A run of the file's bytes in which something is not zero.
struct FileExtent {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    friend bool operator==(const FileExtent&, const FileExtent&) = default;
};

// Extents are whole blocks of this size, but for a region's last one: few mappings, each as large
// as a huge page, so that memory between them can be one.
inline constexpr std::uint64_t kFileBlock = std::uint64_t{2} << 20U;

// Whether the host may have swapped some of the memory out. If not, what the kernel does not hold
// was never touched, and need not be read.
enum class Swap { None, Possible };

// Writes the memory into the empty file `fd`; gives its extents, in order and apart.
Result<std::vector<FileExtent>> write_memory(const GuestMemory& memory, int fd, Swap swap);

// An error unless the extents are as write_memory() gives them, for a memory of `size` bytes.
Result<void> check_extents(std::span<const FileExtent> extents, std::uint64_t size);

// A memory of these ranges with the file's content, copied when it is written to: the file must not
// change while the memory lives.
Result<GuestMemory> map_memory(std::span<const GuestMemory::Range> ranges, int fd,
                               std::span<const FileExtent> extents);

// Has the host copy these pages of the memory at once, numbered as in its file, in place of one
// after another when the guest writes to them. A host that cannot (before Linux 5.14) does that.
void populate(const GuestMemory& memory, std::span<const PageRun> runs);

}  // namespace bulkhead::memory
