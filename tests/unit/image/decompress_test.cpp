#include "host/image/decompress.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/image/image_builder.h"

namespace bulkhead::image {

namespace {

// What comes out, or "error: ...".
std::string decompressed(const std::string& stored) {
    MemorySource source(std::as_bytes(std::span(stored)));
    const auto stream = open_decompressed(source);
    if (!stream.ok()) return "error: " + stream.error().message();
    std::string out;
    std::array<std::byte, 1000> buffer{};
    while (true) {
        const auto got = (*stream)->read(buffer);
        if (!got.ok()) return "error: " + got.error().message();
        if (*got == 0) return out;
        out.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
}

std::string sample() {
    std::string text;
    for (int i = 0; i < 40000; ++i) text += std::to_string(i * 7919) + ",";
    return text;
}

bool is_error(const std::string& result) {
    return result.starts_with("error: ");
}

}  // namespace

TEST_CASE("gzip, zstd and plain streams give the same bytes") {
    const std::string text = sample();
    CHECK(decompressed(text) == text);
    CHECK(decompressed(test::gzip(text)) == text);
    CHECK(decompressed(test::zstd(text)) == text);
    CHECK(decompressed("").empty());
    CHECK(decompressed(test::gzip("")).empty());
    CHECK(decompressed(test::zstd("")).empty());
}

TEST_CASE("several gzip members and zstd frames are one stream") {
    CHECK(decompressed(test::gzip("abc") + test::gzip("") + test::gzip("def")) == "abcdef");
    CHECK(decompressed(test::zstd("abc") + test::zstd("") + test::zstd("def")) == "abcdef");
}

TEST_CASE("a zstd stream may start with a skippable frame, as zstd:chunked writes them") {
    const std::string skippable("\x50\x2a\x4d\x18\x04\x00\x00\x00skip", 12);
    CHECK(decompressed(skippable + test::zstd("abc")) == "abc");
    CHECK(decompressed(test::zstd("abc") + skippable) == "abc");
}

TEST_CASE("a stream that is cut off anywhere is an error") {
    const std::string text = sample().substr(0, 2000);
    for (const std::string& whole : {test::gzip(text), test::zstd(text)}) {
        for (std::size_t length = 6; length < whole.size(); ++length) {
            CAPTURE(length);
            CHECK(is_error(decompressed(whole.substr(0, length))));
        }
    }
}

TEST_CASE("garbage inside or behind a stream is an error") {
    std::string damaged = test::gzip(sample());
    damaged[damaged.size() / 2] ^= 1;
    CHECK(is_error(decompressed(damaged)));
    CHECK(is_error(decompressed(test::gzip("abc") + "garbage")));
    CHECK(is_error(decompressed(test::zstd("abc") + "garbage")));
}

TEST_CASE("other compressions are named and refused") {
    CHECK(decompressed("BZh91AY&SY").find("bzip2") != std::string::npos);
    CHECK(decompressed(std::string("\xfd"
                                   "7zXZ\0",
                                   6))
              .find("xz") != std::string::npos);
}

}  // namespace bulkhead::image
