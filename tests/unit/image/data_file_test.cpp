#include "host/image/data_file.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <string>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::image {

namespace {

class Fixture {
  public:
    Fixture() : file_(::memfd_create("data", MFD_CLOEXEC)), writer(file_.get()) {}

    bool write(std::uint64_t offset, const std::string& bytes) {
        return writer.write(offset, std::as_bytes(std::span(bytes))).ok();
    }

    std::vector<Extent> end() {
        auto extents = writer.end_file();
        return extents.ok() ? *extents : std::vector<Extent>{{~0ULL, 0, 0}};
    }

    std::string read(std::uint64_t offset, std::size_t size) const {
        std::string out(size, '?');
        const auto got = pread_full(file_.get(), std::as_writable_bytes(std::span(out)), offset);
        out.resize(got.ok() ? *got : 0);
        return out;
    }

  private:
    UniqueFd file_;

  public:
    DataFileWriter writer;
};

}  // namespace

TEST_CASE("files are stored one after another from block boundaries, padded with zeros") {
    Fixture data;
    data.writer.begin_file(3, false);
    CHECK(data.write(0, "abc"));
    CHECK(data.end() == std::vector<Extent>{{0, 0, 1}});
    data.writer.begin_file(0, false);
    CHECK(data.end().empty());
    data.writer.begin_file(5000, false);
    CHECK(data.write(0, std::string(4000, 'x')));
    CHECK(data.write(4000, std::string(1000, 'y')));
    CHECK(data.end() == std::vector<Extent>{{0, 1, 2}});
    const auto blocks = data.writer.finish();
    REQUIRE(blocks.ok());
    CHECK(*blocks == 3);
    CHECK(data.read(0, 4096) == "abc" + std::string(4093, '\0'));
    CHECK(data.read(4096, 9000) ==
          std::string(4000, 'x') + std::string(1000, 'y') + std::string(3192, '\0'));
}

TEST_CASE("a sparse file's holes are not stored") {
    Fixture data;
    data.writer.begin_file(100 * 4096, true);
    CHECK(data.write(10 * 4096 + 5, "abc"));
    CHECK(data.write(10 * 4096 + 100, "d"));
    CHECK(data.write(11 * 4096, "e"));
    CHECK(data.write(90 * 4096, "f"));
    CHECK(data.end() == std::vector<Extent>{{10, 0, 2}, {90, 2, 1}});
    const auto blocks = data.writer.finish();
    REQUIRE(blocks.ok());
    CHECK(*blocks == 3);
    CHECK(data.read(5, 3) == "abc");
    CHECK(data.read(100, 1) == "d");
    CHECK(data.read(4096, 2) == std::string("e\0", 2));
    CHECK(data.read(8192, 1) == "f");
}

TEST_CASE("a huge sparse file is kept in larger chunks, so that its map stays small") {
    Fixture data;
    const std::uint64_t size = 5ULL << 30U;
    data.writer.begin_file(size, true);
    CHECK(data.write(size - 1, "z"));
    const auto extents = data.end();
    REQUIRE(extents.size() == 1);
    CHECK(extents[0].blocks <= 128);
    CHECK(extents[0].file_block + extents[0].blocks == size / 4096);
    CHECK(extents[0].file_block % 128 == 0);
}

TEST_CASE("the last chunk of a sparse file ends with the file") {
    Fixture data;
    const std::uint64_t size = (1ULL << 30U) + 1;
    data.writer.begin_file(size, true);
    CHECK(data.write(size - 1, "z"));
    const auto extents = data.end();
    REQUIRE(extents.size() == 1);
    CHECK(extents[0].blocks == 1);
    CHECK(extents[0].file_block == (1U << 18U));
}

TEST_CASE("data outside of a file, or going backwards, is an error") {
    Fixture data;
    data.writer.begin_file(10, false);
    CHECK(data.write(0, "abcde"));
    CHECK_FALSE(data.write(3, "x"));
    CHECK_FALSE(data.write(9, "xx"));
    CHECK_FALSE(data.write(11, "x"));
    CHECK_FALSE(data.write(~0ULL, "x"));
}

TEST_CASE("large writes and small ones keep their order") {
    Fixture data;
    const std::string large(3U << 20U, 'L');
    data.writer.begin_file(large.size() + 6, false);
    CHECK(data.write(0, "abc"));
    CHECK(data.write(3, large));
    CHECK(data.write(3 + large.size(), "def"));
    CHECK(data.end().size() == 1);
    REQUIRE(data.writer.finish().ok());
    CHECK(data.read(0, large.size() + 6) == "abc" + large + "def");
}

}  // namespace bulkhead::image
