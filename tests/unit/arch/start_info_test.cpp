#include "vmm/arch/x86_64/start_info.h"

#include <array>

#include <catch2/catch.hpp>

#include "vmm/arch/x86_64/layout.h"

namespace bulkhead::arch {
namespace {

using memory::GuestAddress;
using memory::GuestMemory;

GuestMemory make_memory(std::uint64_t size) {
    const std::array ranges{GuestMemory::Range{GuestAddress{0}, size}};
    return std::move(GuestMemory::create(ranges)).value();
}

template <class T>
T load(const GuestMemory& memory, std::uint64_t address) {
    const auto value = memory.read<T>(GuestAddress{address});
    REQUIRE(value);
    return *value;
}

constexpr std::array kMap{MemoryMapEntry{0, 0x9'fc00, MemoryType::Ram},
                          MemoryMapEntry{0x10'0000, 0x700'0000, MemoryType::Ram}};

TEST_CASE("start info, memory map, RAM disk and command line are where it says") {
    const GuestMemory memory = make_memory(kMiB);
    const StartInfo info{.command_line = "quiet",
                         .initrd = GuestMemory::Range{GuestAddress{0x70'0000}, 1234},
                         .memory_map = kMap};
    const auto written = write_start_info(memory, info);
    REQUIRE(written);
    const std::uint64_t at = raw(*written);
    CHECK(load<std::uint32_t>(memory, at) == 0x336e'c578);
    CHECK(load<std::uint32_t>(memory, at + 4) == 1);
    CHECK(load<std::uint32_t>(memory, at + 12) == 1);  // one module
    CHECK(load<std::uint64_t>(memory, at + 32) == 0);  // no ACPI
    CHECK(load<std::uint32_t>(memory, at + 48) == 2);  // two map entries

    const auto module = load<std::uint64_t>(memory, at + 16);
    CHECK(load<std::uint64_t>(memory, module) == 0x70'0000);
    CHECK(load<std::uint64_t>(memory, module + 8) == 1234);

    const auto map = load<std::uint64_t>(memory, at + 40);
    CHECK(load<std::uint64_t>(memory, map + 24) == 0x10'0000);
    CHECK(load<std::uint64_t>(memory, map + 32) == 0x700'0000);
    CHECK(load<std::uint32_t>(memory, map + 40) == 1);

    const auto line = load<std::uint64_t>(memory, at + 24);
    CHECK(load<std::array<char, 6>>(memory, line) ==
          std::array<char, 6>{'q', 'u', 'i', 'e', 't', '\0'});
}

TEST_CASE("without a RAM disk there is no module") {
    const GuestMemory memory = make_memory(kMiB);
    const auto at =
        write_start_info(memory, {.command_line = "", .initrd = std::nullopt, .memory_map = kMap});
    REQUIRE(at);
    CHECK(load<std::uint32_t>(memory, raw(*at) + 12) == 0);
}

TEST_CASE("memory that cannot hold the tables is an error") {
    const GuestMemory memory = make_memory(0x1000);
    CHECK_FALSE(
        write_start_info(memory, {.command_line = "", .initrd = std::nullopt, .memory_map = kMap}));
}

}  // namespace
}  // namespace bulkhead::arch
