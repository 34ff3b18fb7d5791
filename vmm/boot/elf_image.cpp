#include "vmm/boot/elf_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/checked.h"
#include "base/text.h"
#include "base/wire.h"

namespace bulkhead::boot {

namespace {

// XEN_ELFNOTE_PHYS32_ENTRY: the address to enter in 32-bit protected mode without paging.
constexpr std::uint32_t kNotePhys32Entry = 18;
constexpr std::string_view kNoteOwner("Xen\0", 4);

template <class T>
Result<T> read_struct(const ReadAt& read_at, std::uint64_t offset) {
    T value{};
    TRY(read_at(offset, std::as_writable_bytes(std::span(&value, 1))));
    return value;
}

Result<Elf64_Ehdr> read_header(const ReadAt& read_at) {
    const auto header = TRY(read_struct<Elf64_Ehdr>(read_at, 0));
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return Error("not an ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != EM_X86_64 || header.e_type != ET_EXEC) {
        return Error("not an x86-64 executable");
    }
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
        header.e_phnum > kMaxProgramHeaders) {
        return Error(concat("unusable program header table: ", header.e_phnum, " entries of ",
                            header.e_phentsize, " bytes"));
    }
    return header;
}

Result<std::vector<Elf64_Phdr>> read_program_headers(const ReadAt& read_at) {
    const auto header = TRY(read_header(read_at));
    std::vector<Elf64_Phdr> headers(header.e_phnum);
    TRY(read_at(header.e_phoff, std::as_writable_bytes(std::span(headers))));
    return headers;
}

Result<ElfSegment> parse_segment(const Elf64_Phdr& header) {
    if (header.p_filesz > header.p_memsz)
        return Error("a segment is larger in the file than in memory");
    if (!checked_add(header.p_offset, header.p_filesz) ||
        !checked_add(header.p_paddr, header.p_memsz)) {
        return Error("a segment wraps around the address space");
    }
    return ElfSegment{.file_offset = header.p_offset,
                      .file_size = header.p_filesz,
                      .start = memory::GuestAddress{header.p_paddr},
                      .memory_size = header.p_memsz};
}

// Notes are padded to four bytes, names and descriptors alike.
std::optional<std::span<const std::byte>> take_padded(ByteReader& reader, std::uint32_t size) {
    const auto padded = align_up(size, 4);
    if (!padded || *padded > reader.remaining()) return std::nullopt;
    return reader.take(*padded)->first(size);
}

bool is_owner(std::span<const std::byte> name) {
    return std::ranges::equal(name, std::as_bytes(std::span(kNoteOwner)));
}

std::optional<std::uint64_t> find_entry(std::span<const std::byte> notes) {
    ByteReader reader(notes);
    while (true) {
        const auto name_size = reader.read<std::uint32_t>();
        const auto value_size = reader.read<std::uint32_t>();
        const auto type = reader.read<std::uint32_t>();
        if (!name_size || !value_size || !type) return std::nullopt;
        const auto name = take_padded(reader, *name_size);
        if (!name) return std::nullopt;
        const auto value = take_padded(reader, *value_size);
        if (!value) return std::nullopt;
        if (*type != kNotePhys32Entry || !is_owner(*name)) continue;
        ByteReader number(*value);
        // Linux writes the width of the kernel it belongs to.
        if (value->size() == sizeof(std::uint32_t)) return number.read<std::uint32_t>();
        return number.read<std::uint64_t>();
    }
}

Result<std::optional<std::uint64_t>> read_entry(const ReadAt& read_at, const Elf64_Phdr& header) {
    if (header.p_filesz > kMaxNoteBytes) return Error("a note segment is too large");
    std::vector<std::byte> notes(header.p_filesz);
    TRY_CONTEXT(read_at(header.p_offset, notes), "notes");
    return find_entry(notes);
}

bool contains(const ElfSegment& segment, memory::GuestAddress address) {
    return address >= segment.start && raw(address) - raw(segment.start) < segment.file_size;
}

// What depends on all headers together.
Result<ElfImage> finish(ElfImage image, std::optional<std::uint64_t> entry) {
    if (image.segments.empty()) return Error("nothing to load");
    if (!entry) return Error("no PVH entry point; the kernel needs CONFIG_PVH=y");
    image.entry = memory::GuestAddress{*entry};
    const bool inside = std::ranges::any_of(
        image.segments, [&](const ElfSegment& segment) { return contains(segment, image.entry); });
    if (!inside) return Error(concat("entry point ", hex(*entry), " lies in no segment"));
    for (const ElfSegment& segment : image.segments) {
        image.end =
            std::max(image.end, memory::GuestAddress{raw(segment.start) + segment.memory_size});
    }
    return image;
}

}  // namespace

Result<ElfImage> parse_elf(const ReadAt& read_at) {
    const auto headers = TRY(read_program_headers(read_at));
    ElfImage image;
    std::optional<std::uint64_t> entry;
    for (const Elf64_Phdr& header : headers) {
        if (header.p_type == PT_LOAD && header.p_memsz > 0) {
            image.segments.push_back(TRY(parse_segment(header)));
        } else if (header.p_type == PT_NOTE && !entry) {
            entry = TRY(read_entry(read_at, header));
        }
    }
    return finish(std::move(image), entry);
}

}  // namespace bulkhead::boot
