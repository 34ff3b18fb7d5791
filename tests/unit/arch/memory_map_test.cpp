#include "vmm/arch/x86_64/memory_map.h"

#include <catch2/catch.hpp>

#include "vmm/arch/arch.h"
#include "vmm/arch/x86_64/layout.h"

namespace bulkhead::arch {
namespace {

// Regions of a machine with this much memory, without mapping any.
std::vector<memory::GuestMemory::Region> regions_of(std::uint64_t bytes) {
    std::vector<memory::GuestMemory::Region> regions;
    for (const auto& range : ram_ranges(bytes))
        regions.push_back({range.start, range.size, nullptr});
    return regions;
}

TEST_CASE("RAM is whole and keeps out of the gap, whatever its size") {
    const std::uint64_t bytes = GENERATE(32 * kMiB, 128 * kMiB, 3 * kGiB - kMiB, 3 * kGiB,
                                         3 * kGiB + kMiB, 4 * kGiB, 5 * kGiB, 64 * kGiB);
    std::uint64_t total = 0;
    for (const auto& range : ram_ranges(bytes)) {
        const std::uint64_t start = raw(range.start);
        CHECK((start + range.size <= kGapStart || start >= kGapEnd));
        total += range.size;
    }
    CHECK(total == bytes);
}

TEST_CASE("RAM above the gap exists only when there is more than the gap leaves below") {
    CHECK(ram_ranges(3 * kGiB).size() == 1);
    const auto two = ram_ranges(3 * kGiB + kMiB);
    REQUIRE(two.size() == 2);
    CHECK(raw(two[1].start) == 4 * kGiB);
    CHECK(two[1].size == kMiB);
}

TEST_CASE("the kernel's map is sorted, does not overlap, and names all RAM above 1 MiB") {
    const std::uint64_t bytes = GENERATE(32 * kMiB, 3 * kGiB, 5 * kGiB, 64 * kGiB);
    const auto map = memory_map(regions_of(bytes));
    std::uint64_t end = 0;
    std::uint64_t usable = 0;
    for (const MemoryMapEntry& entry : map) {
        CHECK(entry.start >= end);
        CHECK(entry.size > 0);
        end = entry.start + entry.size;
        if (entry.type == MemoryType::Ram) usable += entry.size;
    }
    CHECK(usable == bytes - (kKernelLowest - kBaseMemoryEnd));
    CHECK(end == (bytes > 3 * kGiB ? bytes + kGiB : bytes));
}

TEST_CASE("what the boot tables and the MP table need is not given to the kernel as RAM") {
    const auto map = memory_map(regions_of(128 * kMiB));
    REQUIRE(map.size() == 3);
    CHECK(map[0].start == 0);
    CHECK(map[0].size == 0x9'fc00);
    CHECK(map[1].type == MemoryType::Reserved);
    CHECK(map[1].start == 0x9'fc00);
    CHECK(map[2].start == 0x10'0000);
    CHECK(kMpTable >= map[1].start);
    CHECK(kMpTableLimit <= map[2].start);
}

}  // namespace
}  // namespace bulkhead::arch
