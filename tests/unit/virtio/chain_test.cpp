#include "vmm/virtio/chain.h"

#include <array>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/guest_arena.h"

namespace bulkhead::virtio {
namespace {

using memory::GuestAddress;
using memory::GuestSlice;
using test::GuestArena;

std::vector<std::byte> counting(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i + 1);
    return bytes;
}

// Slices of these sizes over the counting bytes at 0x2000.
std::vector<GuestSlice> sliced(const GuestArena& arena, const std::vector<std::uint64_t>& sizes) {
    REQUIRE(arena.memory().write_bytes(GuestAddress{0x2000}, counting(64)));
    std::vector<GuestSlice> slices;
    std::uint64_t at = 0x2000;
    for (const std::uint64_t size : sizes) {
        slices.push_back(*arena.memory().slice(GuestAddress{at}, size));
        at += size;
    }
    return slices;
}

TEST_CASE("a reader reads across slices and stops at the end") {
    const GuestArena arena;
    ChainReader reader(sliced(arena, {3, 1, 6}));
    CHECK(reader.remaining() == 10);
    std::vector<std::byte> bytes(7);
    CHECK(reader.read(bytes));
    CHECK(bytes == counting(7));
    CHECK(reader.remaining() == 3);
    CHECK_FALSE(reader.read(std::span(bytes).first(4)));
    CHECK(reader.remaining() == 3);
    CHECK(reader.read(std::span(bytes).first(3)));
    CHECK(bytes[2] == std::byte{10});
    CHECK(reader.read({}));
    CHECK_FALSE(reader.read(std::span(bytes).first(1)));
}

TEST_CASE("a writer writes across slices or not at all") {
    const GuestArena arena;
    ChainWriter writer(sliced(arena, {2, 2}));
    CHECK_FALSE(writer.write(std::vector<std::byte>(5, std::byte{0xff})));
    CHECK(arena.bytes(GuestAddress{0x2000}, 5) == counting(5));
    CHECK(writer.write(std::vector<std::byte>(3, std::byte{0xff})));
    const std::vector<std::byte> expected{std::byte{0xff}, std::byte{0xff}, std::byte{0xff},
                                          std::byte{4}, std::byte{5}};
    CHECK(arena.bytes(GuestAddress{0x2000}, 5) == expected);
    CHECK(writer.remaining() == 1);
}

TEST_CASE("taking slices gives the parts of each, in order") {
    const GuestArena arena;
    ChainReader reader(sliced(arena, {4, 4}));
    std::array<std::byte, 1> first{};
    REQUIRE(reader.read(first));
    std::vector<GuestSlice> slices;
    CHECK_FALSE(reader.take(8, slices));
    CHECK(slices.empty());
    CHECK(reader.take(5, slices));
    REQUIRE(slices.size() == 2);
    CHECK(slices[0].size() == 3);
    CHECK(slices[1].size() == 2);
    CHECK(reader.remaining() == 2);
}

TEST_CASE("the tail splits off wherever the slices end") {
    const GuestArena arena;
    const std::vector<std::uint64_t> sizes =
        GENERATE(std::vector<std::uint64_t>{10}, std::vector<std::uint64_t>{9, 1},
                 std::vector<std::uint64_t>{1, 9}, std::vector<std::uint64_t>(10, 1));
    const std::uint64_t tail_length = GENERATE(1U, 2U, 5U, 10U);
    ChainWriter writer(sliced(arena, sizes));
    ChainWriter tail = writer.split_tail(tail_length);
    CHECK(tail.remaining() == tail_length);
    CHECK(writer.remaining() == 10 - tail_length);
    CHECK(tail.write(std::vector<std::byte>(tail_length, std::byte{0xee})));
    CHECK(writer.write(std::vector<std::byte>(10 - tail_length, std::byte{0xdd})));
    std::vector<std::byte> expected(10 - tail_length, std::byte{0xdd});
    expected.resize(10, std::byte{0xee});
    CHECK(arena.bytes(GuestAddress{0x2000}, 10) == expected);
    CHECK(arena.bytes(GuestAddress{0x200a}, 1).front() == std::byte{11});
}

TEST_CASE("the tail of what is left after reading never reaches back") {
    const GuestArena arena;
    ChainWriter writer(sliced(arena, {4, 2}));
    REQUIRE(writer.write(std::vector<std::byte>(3)));
    CHECK(writer.split_tail(4).remaining() == 0);
    CHECK(writer.remaining() == 3);
    ChainWriter tail = writer.split_tail(3);
    CHECK(tail.remaining() == 3);
    CHECK(writer.remaining() == 0);
    CHECK_FALSE(writer.write(std::vector<std::byte>(1)));
}

}  // namespace
}  // namespace bulkhead::virtio
