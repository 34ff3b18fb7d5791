#include "base/wire.h"

#include <array>

#include <catch2/catch.hpp>

using namespace bulkhead;

TEST_CASE("integers are little-endian on the wire") {
    ByteWriter writer;
    writer.write<std::uint32_t>(0x01020304);
    const std::array<std::byte, 4> expected = {std::byte{4}, std::byte{3}, std::byte{2},
                                               std::byte{1}};
    CHECK(std::equal(expected.begin(), expected.end(), writer.bytes().begin()));
}

TEST_CASE("a reader gives back what was written, then nothing") {
    ByteWriter writer;
    writer.write<std::uint16_t>(7);
    writer.write<std::uint64_t>(1ULL << 40);
    ByteReader reader(writer.bytes());
    CHECK(reader.read<std::uint16_t>() == 7);
    CHECK(reader.read<std::uint64_t>() == 1ULL << 40);
    CHECK_FALSE(reader.read<std::uint8_t>());
}

TEST_CASE("a read past the end consumes nothing") {
    const std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
    ByteReader reader(bytes);
    CHECK_FALSE(reader.read<std::uint32_t>());
    CHECK_FALSE(reader.take(4));
    CHECK(reader.remaining() == 3);
    CHECK(reader.read<std::uint8_t>() == 1);
    CHECK(reader.take(2)->size() == 2);
}
