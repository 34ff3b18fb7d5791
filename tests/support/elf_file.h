// ElfFile: makes small ELF kernels for the loader's tests, right by default and wrong where a test
// says so.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::test {

class ElfFile {
  public:
    // The whole header, to be changed at will.
    Elf64_Ehdr header{};
    std::vector<Elf64_Phdr> program_headers;

    ElfFile();

    // A segment with these bytes in the file, loaded at `address`. `memory_size` counts from there.
    Elf64_Phdr& add_segment(std::uint64_t address, std::vector<std::byte> bytes,
                            std::uint64_t memory_size);

    // A note segment with one note.
    Elf64_Phdr& add_note(std::string_view owner, std::uint32_t type,
                         std::span<const std::byte> value);
    // The note that names a PVH kernel's entry point.
    Elf64_Phdr& add_entry(std::uint32_t entry);

    [[nodiscard]] std::vector<std::byte> bytes() const;

  private:
    Elf64_Phdr& add(std::uint32_t type, std::uint64_t address, std::vector<std::byte> bytes,
                    std::uint64_t memory_size);

    std::vector<std::byte> content_;  // follows a header area of fixed size
};

// For parse_elf(): reads from a buffer.
Result<void> read_from(std::span<const std::byte> file, std::uint64_t offset,
                       std::span<std::byte> bytes);

}  // namespace bulkhead::test
