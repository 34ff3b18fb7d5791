#include "tests/support/elf_file.h"

#include <algorithm>
#include <cstring>

#include "base/wire.h"

namespace bulkhead::test {

namespace {

constexpr std::size_t kHeaderArea = 4096;

}  // namespace

ElfFile::ElfFile() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof(Elf64_Ehdr);
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_phentsize = sizeof(Elf64_Phdr);
}

Elf64_Phdr& ElfFile::add(std::uint32_t type, std::uint64_t address, std::vector<std::byte> bytes,
                         std::uint64_t memory_size) {
    Elf64_Phdr segment{};
    segment.p_type = type;
    segment.p_offset = kHeaderArea + content_.size();
    segment.p_paddr = address;
    segment.p_filesz = bytes.size();
    segment.p_memsz = memory_size;
    content_.insert(content_.end(), bytes.begin(), bytes.end());
    program_headers.push_back(segment);
    header.e_phnum = static_cast<std::uint16_t>(program_headers.size());
    return program_headers.back();
}

Elf64_Phdr& ElfFile::add_segment(std::uint64_t address, std::vector<std::byte> bytes,
                                 std::uint64_t memory_size) {
    return add(PT_LOAD, address, std::move(bytes), memory_size);
}

Elf64_Phdr& ElfFile::add_note(std::string_view owner, std::uint32_t type,
                              std::span<const std::byte> value) {
    ByteWriter note;
    note.write(static_cast<std::uint32_t>(owner.size()));
    note.write(static_cast<std::uint32_t>(value.size()));
    note.write(type);
    note.write(std::as_bytes(std::span(owner)));
    note.pad_to((note.size() + 3) / 4 * 4);
    note.write(value);
    note.pad_to((note.size() + 3) / 4 * 4);
    const std::size_t size = note.size();
    return add(PT_NOTE, 0, std::move(note).take(), size);
}

Elf64_Phdr& ElfFile::add_entry(std::uint32_t entry) {
    constexpr std::uint32_t kPhys32Entry = 18;
    return add_note(std::string_view("Xen\0", 4), kPhys32Entry,
                    std::as_bytes(std::span(&entry, 1)));
}

std::vector<std::byte> ElfFile::bytes() const {
    ByteWriter file;
    file.write(std::as_bytes(std::span(&header, 1)));
    file.write(std::as_bytes(std::span(program_headers)));
    file.pad_to(kHeaderArea);
    file.write(content_);
    return std::move(file).take();
}

Result<void> read_from(std::span<const std::byte> file, std::uint64_t offset,
                       std::span<std::byte> bytes) {
    if (offset > file.size() || bytes.size() > file.size() - offset) return Error("too short");
    std::ranges::copy(file.subspan(offset, bytes.size()), bytes.begin());
    return {};
}

}  // namespace bulkhead::test
