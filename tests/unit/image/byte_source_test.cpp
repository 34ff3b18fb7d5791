#include "host/image/byte_source.h"

#include <sys/mman.h>

#include <array>
#include <string>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::image {

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE(
    "a hashed stream that grows over its limit is stopped, as a decompression bomb would be") {
    const std::string text(1000, 'x');
    std::array<std::byte, 100> buffer{};
    MemorySource enough(bytes_of(text));
    HashingSource within(enough, DigestAlgorithm::Sha256, text.size());
    CHECK(within.finish().ok());
    MemorySource more(bytes_of(text));
    HashingSource over(more, DigestAlgorithm::Sha256, text.size() - 1);
    for (int i = 0; i < 9; ++i) REQUIRE(over.read(buffer).ok());
    const auto last = over.read(buffer);
    REQUIRE_FALSE(last.ok());
    CHECK(last.error().message().find("limit") != std::string::npos);
}

TEST_CASE("a hashed stream's digest covers what was read and what was not") {
    const std::string text = "abc";
    std::array<std::byte, 1> buffer{};
    MemorySource source(bytes_of(text));
    HashingSource hashed(source, DigestAlgorithm::Sha256, 100);
    REQUIRE(hashed.read(buffer).ok());
    const auto digest = hashed.finish();
    REQUIRE(digest.ok());
    CHECK(*digest == digest_of(DigestAlgorithm::Sha256, bytes_of(text)));
    CHECK(hashed.count() == 3);
}

TEST_CASE("a range of a file is read, and a file that is shorter is an error") {
    const UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
    REQUIRE(write_full(file.get(), bytes_of("0123456789")).ok());
    std::array<std::byte, 100> buffer{};
    FileSource range(file.get(), 2, 3);
    CHECK(*range.read(buffer) == 3);
    CHECK(buffer[0] == std::byte{'2'});
    CHECK(*range.read(buffer) == 0);
    FileSource beyond(file.get(), 8, 5);
    CHECK(*beyond.read(buffer) == 2);
    const auto missing = beyond.read(buffer);
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().message().find("truncated") != std::string::npos);
}

}  // namespace bulkhead::image
