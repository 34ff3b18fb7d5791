#include "vmm/memory/guest_memory.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

namespace bulkhead::memory {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kHigh = 0x1'0000'0000;

GuestMemory two_regions() {
    const std::array<GuestMemory::Range, 2> ranges{{
        {.start = GuestAddress{0}, .size = 4 * kPage},
        {.start = GuestAddress{kHigh}, .size = 2 * kPage},
    }};
    auto memory = GuestMemory::create(ranges);
    REQUIRE(memory.ok());
    return std::move(memory).value();
}

bool creates(std::vector<GuestMemory::Range> ranges) {
    return GuestMemory::create(ranges).ok();
}

std::vector<std::byte> filled(std::size_t size, std::uint8_t value) {
    return std::vector<std::byte>(size, std::byte{value});
}

TEST_CASE("guest memory refuses ranges that are empty, unaligned, overlapping or wrap") {
    CHECK_FALSE(creates({{GuestAddress{0}, 0}}));
    CHECK_FALSE(creates({{GuestAddress{1}, kPage}}));
    CHECK_FALSE(creates({{GuestAddress{0}, kPage + 1}}));
    CHECK_FALSE(creates({{GuestAddress{0}, 2 * kPage}, {GuestAddress{kPage}, kPage}}));
    CHECK_FALSE(creates({{GuestAddress{kPage}, kPage}, {GuestAddress{0}, kPage}}));
    CHECK_FALSE(creates({{GuestAddress{~std::uint64_t{0} - kPage + 1}, 2 * kPage}}));
    CHECK(creates({{GuestAddress{0}, kPage}, {GuestAddress{kPage}, kPage}}));
    CHECK_FALSE(creates({{GuestAddress{0}, ~std::uint64_t{0} - kPage + 1}}));
}

TEST_CASE("each range of guest memory begins where a huge page can") {
    constexpr std::uintptr_t kHugePage = std::uintptr_t{2} * 1024 * 1024;
    for (const HugePages huge : {HugePages::AsUsual, HugePages::Wanted}) {
        // The second one takes the place that the first one leaves.
        const std::array<GuestMemory::Range, 2> ranges{{
            {.start = GuestAddress{0}, .size = kHugePage + kPage},
            {.start = GuestAddress{kHigh}, .size = kPage},
        }};
        const auto memory = GuestMemory::create(ranges, huge);
        REQUIRE(memory.ok());
        for (const auto& range : ranges) {
            const auto whole = memory->slice(range.start, range.size);
            REQUIRE(whole);
            // SAFETY: only the address is looked at.
            CHECK(reinterpret_cast<std::uintptr_t>(whole->io().iov_base) % kHugePage == 0);
        }
    }
}

TEST_CASE("guest memory larger than the host's is mapped: it costs nothing until used") {
    auto memory = GuestMemory::create(
        std::array{GuestMemory::Range{.start = GuestAddress{0}, .size = std::uint64_t{1} << 40}});
    REQUIRE(memory.ok());
    CHECK(memory->total_size() == std::uint64_t{1} << 40);
    CHECK(memory->write(GuestAddress{(std::uint64_t{1} << 40) - 8}, std::uint64_t{7}));
}

TEST_CASE("guest memory starts as zeros and keeps what is written") {
    const GuestMemory memory = two_regions();
    CHECK(memory.total_size() == 6 * kPage);
    CHECK(memory.read<std::uint64_t>(GuestAddress{kHigh}) == 0U);
    CHECK(memory.write(GuestAddress{kHigh + 3}, std::uint32_t{0x12345678}));
    CHECK(memory.read<std::uint32_t>(GuestAddress{kHigh + 3}) == 0x12345678U);
    CHECK(memory.write_bytes(GuestAddress{10}, filled(5, 0xaa)));
    CHECK(memory.read<std::uint8_t>(GuestAddress{14}) == 0xaa);
    CHECK(memory.read<std::uint8_t>(GuestAddress{15}) == 0);
}

TEST_CASE("a slice lies in one region or does not exist") {
    const GuestMemory memory = two_regions();
    CHECK(memory.slice(GuestAddress{0}, 4 * kPage));
    CHECK(memory.slice(GuestAddress{4 * kPage}, 0));
    CHECK_FALSE(memory.slice(GuestAddress{0}, 4 * kPage + 1));
    CHECK_FALSE(memory.slice(GuestAddress{4 * kPage - 1}, 2));
    CHECK_FALSE(memory.slice(GuestAddress{4 * kPage}, 1));
    CHECK_FALSE(memory.slice(GuestAddress{kHigh - 1}, 2));
    CHECK_FALSE(memory.slice(GuestAddress{kHigh}, std::numeric_limits<std::uint64_t>::max()));
    CHECK_FALSE(memory.slice(GuestAddress{std::numeric_limits<std::uint64_t>::max()}, 2));
}

TEST_CASE("reads and writes outside RAM are refused and change nothing") {
    const GuestMemory memory = two_regions();
    CHECK_FALSE(memory.read<std::uint32_t>(GuestAddress{4 * kPage - 2}));
    CHECK_FALSE(memory.write(GuestAddress{4 * kPage - 2}, std::uint32_t{0xffffffff}));
    CHECK(memory.read<std::uint16_t>(GuestAddress{4 * kPage - 2}) == 0);
    CHECK_FALSE(memory.write_bytes(GuestAddress{kHigh + 2 * kPage - 1}, filled(2, 1)));
}

TEST_CASE("parts of a slice address the bytes they name") {
    const GuestMemory memory = two_regions();
    const auto slice = memory.slice(GuestAddress{100}, 10);
    REQUIRE(slice);
    slice->copy_from(filled(10, 1));
    slice->part(2, 3).copy_from(filled(3, 9));
    std::array<std::byte, 10> bytes{};
    slice->copy_to(bytes);
    CHECK(std::count(bytes.begin(), bytes.end(), std::byte{9}) == 3);
    CHECK(bytes[1] == std::byte{1});
    CHECK(bytes[2] == std::byte{9});
    CHECK(slice->part(10, 0).size() == 0);
    CHECK(slice->io().iov_len == 10);
    slice->part(0, 4).clear();
    slice->copy_to(bytes);
    CHECK(std::count(bytes.begin(), bytes.end(), std::byte{0}) == 4);
}

TEST_CASE("ring fields must be aligned RAM") {
    const GuestMemory memory = two_regions();
    CHECK(memory.store_release(GuestAddress{2}, 0xbeef));
    CHECK(memory.load_acquire(GuestAddress{2}) == 0xbeef);
    CHECK_FALSE(memory.store_release(GuestAddress{3}, 1));
    CHECK_FALSE(memory.load_acquire(GuestAddress{3}));
    CHECK_FALSE(memory.load_acquire(GuestAddress{4 * kPage}));
}

TEST_CASE("discarded pages read as zeros and their neighbours stay") {
    const GuestMemory memory = two_regions();
    REQUIRE(memory.write_bytes(GuestAddress{0}, filled(4 * kPage, 7)));
    memory.discard(GuestAddress{kPage}, kPage);
    CHECK(memory.read<std::uint8_t>(GuestAddress{kPage - 1}) == 7);
    CHECK(memory.read<std::uint8_t>(GuestAddress{kPage}) == 0);
    CHECK(memory.read<std::uint8_t>(GuestAddress{2 * kPage - 1}) == 0);
    CHECK(memory.read<std::uint8_t>(GuestAddress{2 * kPage}) == 7);
}

TEST_CASE("discard takes whole pages only and ignores what is not RAM") {
    const GuestMemory memory = two_regions();
    REQUIRE(memory.write_bytes(GuestAddress{0}, filled(4 * kPage, 7)));
    REQUIRE(memory.write_bytes(GuestAddress{kHigh}, filled(2 * kPage, 7)));
    memory.discard(GuestAddress{1}, kPage);
    memory.discard(GuestAddress{kPage - 1}, kPage);
    memory.discard(GuestAddress{5 * kPage}, kPage);
    memory.discard(*memory.slice(GuestAddress{1}, 2 * kPage - 2));
    CHECK(memory.read<std::uint8_t>(GuestAddress{0}) == 7);
    CHECK(memory.read<std::uint8_t>(GuestAddress{kPage}) == 7);
    memory.discard(*memory.slice(GuestAddress{kPage - 1}, kPage + 2));
    CHECK(memory.read<std::uint8_t>(GuestAddress{kPage}) == 0);
    CHECK(memory.read<std::uint8_t>(GuestAddress{2 * kPage}) == 7);

    SECTION("over the hole and past the end of the address space") {
        memory.discard(GuestAddress{3 * kPage}, std::numeric_limits<std::uint64_t>::max());
        CHECK(memory.read<std::uint8_t>(GuestAddress{3 * kPage - 1}) == 7);
        CHECK(memory.read<std::uint8_t>(GuestAddress{3 * kPage}) == 0);
        CHECK(memory.read<std::uint8_t>(GuestAddress{kHigh + 2 * kPage - 1}) == 0);
    }
}

TEST_CASE("moving guest memory keeps the mapping") {
    GuestMemory first = two_regions();
    REQUIRE(first.write(GuestAddress{0}, std::uint32_t{42}));
    GuestMemory second = std::move(first);
    CHECK(second.read<std::uint32_t>(GuestAddress{0}) == 42U);
    GuestMemory third = two_regions();
    third = std::move(second);
    CHECK(third.read<std::uint32_t>(GuestAddress{0}) == 42U);
}

}  // namespace
}  // namespace bulkhead::memory
