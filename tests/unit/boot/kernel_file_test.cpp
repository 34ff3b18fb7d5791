#include "vmm/boot/kernel_file.h"

#include <sys/mman.h>

#include <array>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/support/elf_file.h"

namespace bulkhead::boot {
namespace {

using memory::GuestAddress;
using memory::GuestMemory;
using test::ElfFile;

constexpr GuestAddress kLowest{0x1000};

GuestMemory make_memory() {
    const std::array ranges{GuestMemory::Range{GuestAddress{0}, 0x10'0000}};
    return std::move(GuestMemory::create(ranges)).value();
}

UniqueFd file_of(std::span<const std::byte> bytes) {
    UniqueFd file(::memfd_create("kernel", MFD_CLOEXEC));
    REQUIRE(pwrite_full(file.get(), bytes, 0));
    return file;
}

Result<ElfImage> load(const ElfFile& elf, const GuestMemory& memory) {
    return load_kernel(file_of(elf.bytes()).get(), memory, kLowest);
}

ElfFile kernel_at(std::uint64_t address) {
    ElfFile elf;
    elf.add_segment(address, std::vector<std::byte>(0x1800, std::byte{0xab}), 0x3000);
    elf.add_entry(static_cast<std::uint32_t>(address));
    return elf;
}

TEST_CASE("segments are copied where they belong, and the rest stays zero") {
    const GuestMemory memory = make_memory();
    REQUIRE(load(kernel_at(0x4000), memory));
    CHECK(memory.read<std::uint8_t>(GuestAddress{0x3fff}) == 0);
    CHECK(memory.read<std::uint8_t>(GuestAddress{0x4000}) == 0xab);
    CHECK(memory.read<std::uint8_t>(GuestAddress{0x57ff}) == 0xab);
    CHECK(memory.read<std::uint8_t>(GuestAddress{0x5800}) == 0);
}

TEST_CASE("a segment outside RAM or over the boot tables is refused") {
    const GuestMemory memory = make_memory();
    for (const std::uint64_t address : {0x0UL, 0xfffUL, 0xf'e000UL, 0x10'0000UL, 0xffff'0000UL}) {
        INFO(address);
        const auto image = load(kernel_at(address), memory);
        REQUIRE_FALSE(image);
        CHECK_THAT(image.error().message(), Catch::Contains("does not fit in guest memory"));
    }
    CHECK(load(kernel_at(0x1000), memory));
    CHECK(load(kernel_at(0xf'd000), memory));
}

TEST_CASE("a segment that the file is too short for is refused") {
    const GuestMemory memory = make_memory();
    ElfFile elf = kernel_at(0x4000);
    elf.program_headers[0].p_offset += 0x1000;
    const auto image = load(elf, memory);
    REQUIRE_FALSE(image);
    CHECK_THAT(image.error().message(), Catch::Contains("shorter than it should be"));
}

TEST_CASE("a file that cannot be read is an error") {
    const GuestMemory memory = make_memory();
    CHECK_FALSE(load_kernel(-1, memory, kLowest));
    CHECK_FALSE(load_file(-1, memory, GuestAddress{0}, 16));
}

TEST_CASE("a RAM disk is copied whole or refused") {
    const GuestMemory memory = make_memory();
    const std::vector<std::byte> bytes(5000, std::byte{7});
    const UniqueFd file = file_of(bytes);
    REQUIRE(load_file(file.get(), memory, GuestAddress{0x8000}, bytes.size()));
    CHECK(memory.read<std::uint8_t>(GuestAddress{0x8000 + 4999}) == 7);
    CHECK_FALSE(load_file(file.get(), memory, GuestAddress{0x8000}, bytes.size() + 1));
    CHECK_FALSE(load_file(file.get(), memory, GuestAddress{0xf'ffff}, bytes.size()));
}

}  // namespace
}  // namespace bulkhead::boot
