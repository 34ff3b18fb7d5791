#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/support/elf_file.h"
#include "vmm/arch/arch.h"
#include "vmm/arch/x86_64/layout.h"

namespace bulkhead::arch {
namespace {

using memory::GuestAddress;
using memory::GuestMemory;

UniqueFd file_of(std::span<const std::byte> bytes) {
    UniqueFd file(::memfd_create("boot", MFD_CLOEXEC));
    REQUIRE(pwrite_full(file.get(), bytes, 0));
    return file;
}

UniqueFd make_kernel() {
    test::ElfFile elf;
    elf.add_segment(0x100'0000, std::vector<std::byte>(0x1000, std::byte{0x90}), kMiB);
    elf.add_entry(0x100'0000);
    return file_of(elf.bytes());
}

GuestMemory make_memory(std::uint64_t bytes) {
    return std::move(GuestMemory::create(ram_ranges(bytes))).value();
}

struct Module {
    std::uint64_t start;
    std::uint64_t size;
};

// The RAM disk as the kernel would find it.
Module module_of(const GuestMemory& memory, const EntryState& entry) {
    const auto list = memory.read<std::uint64_t>(*checked_add(entry.boot_data, 16));
    REQUIRE(list);
    return memory.read<Module>(GuestAddress{*list}).value();
}

TEST_CASE("the RAM disk lies at the top of low RAM, page-aligned") {
    const std::uint64_t bytes = GENERATE(32 * kMiB, 128 * kMiB, 5 * kGiB);
    const GuestMemory memory = make_memory(bytes);
    const UniqueFd kernel = make_kernel();
    const UniqueFd initrd = file_of(std::vector<std::byte>(10'000, std::byte{0x77}));
    const auto entry = load_guest(
        memory,
        {.kernel = kernel.get(), .initrd = initrd.get(), .command_line = "quiet", .vcpus = 2});
    REQUIRE(entry);
    CHECK(entry->instruction == GuestAddress{0x100'0000});
    const Module module = module_of(memory, *entry);
    CHECK(module.size == 10'000);
    CHECK(module.start == std::min(bytes, kGapStart) - 0x3000);
    CHECK(memory.read<std::uint8_t>(GuestAddress{module.start}) == 0x77);
    CHECK(memory.read<std::uint8_t>(GuestAddress{module.start + 9'999}) == 0x77);
    CHECK(memory.read<std::uint32_t>(GuestAddress{kMpTable}) == 0x5f50'4d5f);  // "_MP_"
}

TEST_CASE("a RAM disk that is empty or would meet the kernel is refused") {
    const GuestMemory memory = make_memory(32 * kMiB);
    const UniqueFd kernel = make_kernel();
    const std::uint64_t room = 32 * kMiB - (0x100'0000 + kMiB);
    const auto load = [&](std::uint64_t size) {
        const UniqueFd initrd = file_of({});
        REQUIRE(::ftruncate(initrd.get(), static_cast<off_t>(size)) == 0);
        return load_guest(
                   memory,
                   {.kernel = kernel.get(), .initrd = initrd.get(), .command_line = "", .vcpus = 1})
            .ok();
    };
    CHECK_FALSE(load(0));
    CHECK(load(room));
    CHECK_FALSE(load(room + 1));
    CHECK_FALSE(load(std::uint64_t{1} << 40));
}

TEST_CASE("a kernel file that is none is refused with the step's name") {
    const GuestMemory memory = make_memory(32 * kMiB);
    const UniqueFd file = file_of(std::vector<std::byte>(100, std::byte{'#'}));
    const auto entry =
        load_guest(memory, {.kernel = file.get(), .initrd = -1, .command_line = "", .vcpus = 1});
    REQUIRE_FALSE(entry);
    CHECK(entry.error().message() == "kernel: not an ELF file");
}

}  // namespace
}  // namespace bulkhead::arch
