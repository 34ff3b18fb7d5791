// ElfImage: what of an uncompressed ELF vmlinux has to be loaded where, and its PVH entry point.
// The file is untrusted: every number is checked before it is used, and nothing is allocated by its
// word beyond the limits below. System V ABI, "Object Files"; Xen: include/public/elfnote.h.
//
// Thread: any. Errors: a file that is not such a kernel, said in one line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "vmm/memory/guest_address.h"

namespace bulkhead::boot {

struct ElfSegment {
    std::uint64_t file_offset = 0;
    std::uint64_t file_size = 0;  // bytes to copy; the memory after them reads as zeros
    memory::GuestAddress start{};
    std::uint64_t memory_size = 0;  // at least file_size, and start + memory_size fits
};

struct ElfImage {
    std::vector<ElfSegment> segments;  // at least one
    memory::GuestAddress entry{};      // 32-bit protected mode, inside one of the segments
    memory::GuestAddress end{};        // behind the last byte of the highest segment
};

inline constexpr std::size_t kMaxProgramHeaders = 32;
inline constexpr std::size_t kMaxNoteBytes = 64 * 1024;

// Fills the span with the file's bytes from `offset`; fails when the file has fewer.
using ReadAt = std::function<Result<void>(std::uint64_t offset, std::span<std::byte>)>;

Result<ElfImage> parse_elf(const ReadAt& read_at);

}  // namespace bulkhead::boot
