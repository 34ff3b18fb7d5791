#include "vmm/boot/elf_image.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/support/elf_file.h"

namespace bulkhead::boot {
namespace {

using memory::GuestAddress;
using test::ElfFile;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

Result<ElfImage> parse(const std::vector<std::byte>& file) {
    return parse_elf([&](std::uint64_t offset, std::span<std::byte> bytes) {
        return test::read_from(file, offset, bytes);
    });
}

std::vector<std::byte> some_bytes(std::size_t size) {
    return std::vector<std::byte>(size, std::byte{0x90});
}

// A kernel that loads.
ElfFile good() {
    ElfFile file;
    file.add_segment(0x100'0000, some_bytes(0x200), 0x200);
    file.add_segment(0x200'0000, some_bytes(0x100), 0x5000);
    file.add_entry(0x100'0010);
    return file;
}

std::string error_of(const ElfFile& file) {
    const auto image = parse(file.bytes());
    REQUIRE_FALSE(image);
    return image.error().message();
}

TEST_CASE("a kernel's segments, entry and end are found") {
    const auto image = parse(good().bytes());
    REQUIRE(image);
    REQUIRE(image->segments.size() == 2);
    CHECK(image->segments[0].start == GuestAddress{0x100'0000});
    CHECK(image->segments[1].file_size == 0x100);
    CHECK(image->segments[1].memory_size == 0x5000);
    CHECK(image->entry == GuestAddress{0x100'0010});
    CHECK(image->end == GuestAddress{0x200'5000});
}

TEST_CASE("the entry point may be written in eight bytes, after other notes") {
    ElfFile file;
    file.add_segment(0x100'0000, some_bytes(0x200), 0x200);
    const std::uint64_t entry = 0x100'0020;
    file.add_note(std::string_view("GNU\0", 4), 18, some_bytes(4));
    file.add_note(std::string_view("Xen\0", 4), 18, std::as_bytes(std::span(&entry, 1)));
    const auto image = parse(file.bytes());
    REQUIRE(image);
    CHECK(image->entry == GuestAddress{entry});
}

TEST_CASE("what is no x86-64 executable is refused") {
    CHECK_FALSE(parse({}));
    CHECK_FALSE(parse(some_bytes(4096)));
    auto change = GENERATE(
        as<void (*)(Elf64_Ehdr&)>(), [](Elf64_Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; },
        [](Elf64_Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; },
        [](Elf64_Ehdr& h) { h.e_machine = EM_AARCH64; }, [](Elf64_Ehdr& h) { h.e_type = ET_DYN; });
    ElfFile file = good();
    change(file.header);
    CHECK(error_of(file) == "not an x86-64 executable");
}

TEST_CASE("a program header table that is odd, huge or outside the file is refused") {
    ElfFile file = good();
    file.header.e_phentsize = 32;
    CHECK_FALSE(parse(file.bytes()));
    file = good();
    file.header.e_phnum = 0;
    CHECK_FALSE(parse(file.bytes()));
    file.header.e_phnum = kMaxProgramHeaders + 1;
    CHECK_FALSE(parse(file.bytes()));
    for (const std::uint64_t offset : {kMax, kMax - 100, std::uint64_t{1} << 40}) {
        file = good();
        file.header.e_phoff = offset;
        CHECK_FALSE(parse(file.bytes()));
    }
}

TEST_CASE("segments that wrap or shrink are refused") {
    ElfFile file = good();
    file.program_headers[0].p_filesz = file.program_headers[0].p_memsz + 1;
    CHECK(error_of(file) == "a segment is larger in the file than in memory");
    file = good();
    file.program_headers[0].p_paddr = kMax - 0x10;
    CHECK(error_of(file) == "a segment wraps around the address space");
    file = good();
    file.program_headers[0].p_offset = kMax;
    CHECK(error_of(file) == "a segment wraps around the address space");
}

TEST_CASE("a kernel without a usable entry point is refused") {
    ElfFile file;
    file.add_segment(0x100'0000, some_bytes(0x200), 0x200);
    CHECK(error_of(file) == "no PVH entry point; the kernel needs CONFIG_PVH=y");
    file.add_entry(0x300'0000);
    CHECK(error_of(file) == "entry point 0x3000000 lies in no segment");
    file = ElfFile();
    file.add_entry(0x10);
    CHECK(error_of(file) == "nothing to load");
}

TEST_CASE("notes are bounded and their sizes are not believed") {
    ElfFile file = good();
    file.program_headers[2].p_filesz = kMaxNoteBytes + 1;
    CHECK(error_of(file) == "a note segment is too large");
    // A name that claims to be longer than the note.
    ElfFile lying;
    lying.add_segment(0x100'0000, some_bytes(0x200), 0x200);
    const std::vector<std::byte> huge(12, std::byte{0xff});
    lying.add_note("", 0, huge);
    lying.program_headers[1].p_offset += 12;
    lying.program_headers[1].p_filesz -= 12;
    CHECK(error_of(lying) == "no PVH entry point; the kernel needs CONFIG_PVH=y");
}

}  // namespace
}  // namespace bulkhead::boot
