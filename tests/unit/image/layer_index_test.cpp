#include "host/image/layer_index.h"

#include <string>

#include <catch2/catch.hpp>

#include "host/image/digest.h"

namespace bulkhead::image {

namespace {

LayerIndex sample() {
    LayerIndex index;
    index.data_blocks = 10;
    index.entries.push_back({.kind = EntryKind::Directory, .path = "", .mode = 0755});
    index.entries.push_back(
        {.kind = EntryKind::File,
         .path = "a/file",
         .mode = 04755,
         .uid = 70000,
         .gid = 4294967295,
         .mtime = -5,
         .mtime_nanoseconds = 999999999,
         .size = 5 * 4096 - 1,
         .extents = {{0, 0, 1}, {3, 8, 2}},
         .xattrs = {{"user.a", std::string("\0b", 2)}, {"security.capability", "x"}}});
    index.entries.push_back(
        {.kind = EntryKind::Symlink, .path = "l", .target = "../weird//target"});
    index.entries.push_back({.kind = EntryKind::HardLink, .path = "h", .target = "a/file"});
    index.entries.push_back({.kind = EntryKind::BlockDevice,
                             .path = "d",
                             .device_major = 4095,
                             .device_minor = 1048575});
    index.entries.push_back({.kind = EntryKind::Whiteout, .path = "gone"});
    index.entries.push_back({.kind = EntryKind::OpaqueDirectory, .path = "a"});
    return index;
}

// With a checksum that is right whatever else is wrong.
std::vector<std::byte> resealed(std::vector<std::byte> bytes) {
    bytes.resize(bytes.size() - 64);
    const Digest sum = digest_of(DigestAlgorithm::Sha256, bytes);
    for (const char c : sum.hex()) bytes.push_back(static_cast<std::byte>(c));
    return bytes;
}

bool survives(const LayerIndex& index) {
    const auto bytes = encode_layer_index(index);
    return bytes.ok() && parse_layer_index(*bytes).ok();
}

}  // namespace

TEST_CASE("an index reads back as it was written") {
    const LayerIndex index = sample();
    const auto bytes = encode_layer_index(index);
    REQUIRE(bytes.ok());
    const auto parsed = parse_layer_index(*bytes);
    REQUIRE(parsed.ok());
    CHECK(*parsed == index);
}

TEST_CASE("a flipped bit anywhere in an index is noticed") {
    const auto bytes = encode_layer_index(sample());
    REQUIRE(bytes.ok());
    for (std::size_t i = 0; i < bytes->size(); ++i) {
        std::vector<std::byte> damaged = *bytes;
        damaged[i] ^= std::byte{1};
        CAPTURE(i);
        CHECK_FALSE(parse_layer_index(damaged).ok());
    }
}

TEST_CASE("an index that is cut off or too long is an error even with a right checksum") {
    const auto bytes = encode_layer_index(sample());
    REQUIRE(bytes.ok());
    for (std::size_t length = 64; length < bytes->size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(
            parse_layer_index(
                resealed({bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(length)}))
                .ok());
    }
    std::vector<std::byte> longer = *bytes;
    longer.insert(longer.end() - 64, std::byte{0});
    CHECK_FALSE(parse_layer_index(resealed(longer)).ok());
}

TEST_CASE("an index of another version is refused by name") {
    auto bytes = encode_layer_index(sample());
    REQUIRE(bytes.ok());
    (*bytes)[8] = std::byte{2};
    const auto parsed = parse_layer_index(resealed(*bytes));
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().message().find("version 2") != std::string::npos);
}

TEST_CASE("values in an index that make no sense are refused") {
    LayerIndex index = sample();
    CHECK(survives(index));
    SECTION("a path that is not normalised") {
        index.entries[1].path = "a/../b";
    }
    SECTION("an absolute path") {
        index.entries[1].path = "/a";
    }
    SECTION("an extent behind the data file") {
        index.entries[1].extents[1].data_block = 9;
    }
    SECTION("an extent whose end wraps around") {
        index.entries[1].extents[1].data_block = ~0ULL;
    }
    SECTION("an extent behind the file") {
        index.entries[1].extents[1].file_block = 4;
    }
    SECTION("extents that overlap") {
        index.entries[1].extents[1].file_block = 0;
    }
    SECTION("an empty extent") {
        index.entries[1].extents[1].blocks = 0;
    }
    SECTION("a file that is too large") {
        index.entries[1].size = ~0ULL;
    }
    SECTION("an unknown kind") {
        index.entries[1].kind = static_cast<EntryKind>(10);
    }
    SECTION("type bits in the mode") {
        index.entries[1].mode = 0100644;
    }
    SECTION("more than a second of nanoseconds") {
        index.entries[1].mtime_nanoseconds = 1000000000;
    }
    SECTION("an empty symbolic link") {
        index.entries[2].target.clear();
    }
    SECTION("a symbolic link with a zero byte") {
        index.entries[2].target = std::string("a\0b", 3);
    }
    SECTION("a root that is no directory") {
        index.entries[1].path.clear();
    }
    SECTION("a device number that Linux does not have") {
        index.entries[4].device_major = 0x1000;
    }
    SECTION("a hard link out of the root") {
        index.entries[3].target = "../x";
    }
    SECTION("an attribute without a name") {
        index.entries[1].xattrs[0].name.clear();
    }
    SECTION("too much data") {
        index.data_blocks = 1ULL << 40U;
    }
    CHECK_FALSE(survives(index));
}

}  // namespace bulkhead::image
