#include "vmm/block/segmented_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/support/guest_arena.h"

namespace bulkhead::block {
namespace {

using test::GuestArena;

constexpr std::uint64_t kSector = 512;

// A file without a name: on tmpfs by memfd, or on the disk's file system.
enum class Place { Tmpfs, TemporaryFolder };

UniqueFd make_file(Place place, std::span<const std::byte> content) {
    UniqueFd file(place == Place::Tmpfs ? ::memfd_create("disk", MFD_CLOEXEC)
                                        : ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    REQUIRE(file.valid());
    REQUIRE(write_full(file.get(), content).ok());
    return file;
}

std::vector<std::byte> filled(std::uint64_t size, std::uint8_t value) {
    return std::vector<std::byte>(size, std::byte{value});
}

std::vector<std::byte> content_of(int fd) {
    std::vector<std::byte> bytes(file_size(fd).value());
    REQUIRE(pread_full(fd, bytes, 0).ok());
    return bytes;
}

struct Buffers {
    GuestArena arena;

    SegmentedFile::Slices slices(const std::vector<std::uint64_t>& sizes,
                                 std::uint8_t value = 0xee) {
        SegmentedFile::Slices result;
        for (const std::uint64_t size : sizes) {
            result.push_back(*arena.memory().slice(arena.allocate(size), size));
            result.back().copy_from(filled(size, value));
        }
        return result;
    }

    static std::vector<std::byte> bytes(const SegmentedFile::Slices& slices) {
        std::vector<std::byte> result;
        for (const auto& slice : slices) {
            std::vector<std::byte> part(slice.size());
            slice.copy_to(part);
            result.insert(result.end(), part.begin(), part.end());
        }
        return result;
    }
};

// One file, also readable by the test.
struct SingleFile {
    explicit SingleFile(Place place, std::span<const std::byte> content, std::uint64_t length)
        : file([&] {
              UniqueFd fd = make_file(place, content);
              raw = fd.get();
              std::vector<UniqueFd> files;
              files.push_back(std::move(fd));
              const std::vector<Segment> segments{{.file = 0, .file_offset = 0, .length = length}};
              return SegmentedFile::create(std::move(files), segments).value();
          }()) {}

    int raw = -1;
    SegmentedFile file;
};

bool creates(const std::vector<Segment>& segments) {
    std::vector<UniqueFd> files;
    files.push_back(make_file(Place::Tmpfs, {}));
    return SegmentedFile::create(std::move(files), segments).ok();
}

TEST_CASE("segments must be whole sectors of a file that exists, and fit") {
    const std::uint64_t huge = std::uint64_t{1} << 62;
    CHECK(creates({{0, 512, 1024}}));
    CHECK(creates({}));
    CHECK_FALSE(creates({{1, 0, 512}}));
    CHECK_FALSE(creates({{0, 0, 0}}));
    CHECK_FALSE(creates({{0, 0, 513}}));
    CHECK_FALSE(creates({{0, 1, 512}}));
    CHECK_FALSE(creates({{0, ~std::uint64_t{0} - 511, 512}}));
    CHECK_FALSE(creates({{0, 0, huge}, {0, 0, huge}}));
}

TEST_CASE("segments follow one another, whatever the files and offsets") {
    std::vector<UniqueFd> files;
    files.push_back(make_file(Place::Tmpfs, filled(4 * kSector, 1)));
    auto second = filled(2 * kSector, 2);
    std::fill_n(second.begin(), kSector, std::byte{3});
    files.push_back(make_file(Place::TemporaryFolder, second));
    const std::vector<Segment> segments{
        {0, kSector, 2 * kSector}, {1, kSector, kSector}, {0, 0, kSector}, {1, 0, kSector}};
    const auto file = SegmentedFile::create(std::move(files), segments).value();
    CHECK(file.size() == 5 * kSector);

    Buffers buffers;
    const auto slices = buffers.slices({100, 5 * kSector - 100});
    REQUIRE(file.read(0, slices).ok());
    auto expected = filled(2 * kSector, 1);
    for (const std::uint8_t value : {std::uint8_t{2}, std::uint8_t{1}, std::uint8_t{3}}) {
        const auto part = filled(kSector, value);
        expected.insert(expected.end(), part.begin(), part.end());
    }
    CHECK(Buffers::bytes(slices) == expected);

    const auto last = buffers.slices({kSector});
    REQUIRE(file.read(4 * kSector, last).ok());
    CHECK(Buffers::bytes(last) == filled(kSector, 3));
}

TEST_CASE("what lies past a file's end reads as zeros") {
    const Place place = GENERATE(Place::Tmpfs, Place::TemporaryFolder);
    const SingleFile disk(place, filled(700, 5), 8 * kSector);
    Buffers buffers;
    const auto slices = buffers.slices({600, 3 * kSector - 600});
    REQUIRE(disk.file.read(0, slices).ok());
    auto expected = filled(700, 5);
    expected.resize(3 * kSector);
    CHECK(Buffers::bytes(slices) == expected);
    CHECK(disk.file.read_cached(6 * kSector, slices) != SegmentedFile::Cached::Yes);
    REQUIRE(disk.file.read(5 * kSector, slices).ok());
    CHECK(Buffers::bytes(slices) == filled(3 * kSector, 0));
}

TEST_CASE("a cached read gives the same bytes or says that it cannot") {
    const SingleFile disk(Place::TemporaryFolder, filled(4 * kSector, 5), 4 * kSector);
    Buffers buffers;
    const auto slices = buffers.slices({kSector, kSector});
    if (disk.file.read_cached(kSector, slices) == SegmentedFile::Cached::Yes) {
        CHECK(Buffers::bytes(slices) == filled(2 * kSector, 5));
    }
    REQUIRE(disk.file.read(kSector, slices).ok());
    CHECK(Buffers::bytes(slices) == filled(2 * kSector, 5));
}

TEST_CASE("writes land where they belong, over several slices and segments") {
    const bool durable = GENERATE(false, true);
    std::vector<UniqueFd> files;
    files.push_back(make_file(Place::TemporaryFolder, {}));
    const int raw = files[0].get();
    const std::vector<Segment> segments{{0, 2 * kSector, kSector}, {0, 0, 2 * kSector}};
    const auto file = SegmentedFile::create(std::move(files), segments).value();
    Buffers buffers;
    REQUIRE(file.write(0, buffers.slices({300, 2 * kSector - 300}, 9), durable).ok());
    REQUIRE(file.flush().ok());
    auto expected = filled(3 * kSector, 9);
    std::fill_n(expected.begin() + kSector, kSector, std::byte{0});
    CHECK(content_of(raw) == expected);
}

TEST_CASE("write zeroes makes zeros with and without unmap, on tmpfs too") {
    const Place place = GENERATE(Place::Tmpfs, Place::TemporaryFolder);
    const bool may_unmap = GENERATE(false, true);
    const SingleFile disk(place, filled(64 * kSector, 7), 64 * kSector);
    REQUIRE(disk.file.write_zeroes(kSector, 40 * kSector, may_unmap).ok());
    auto expected = filled(64 * kSector, 7);
    std::fill_n(expected.begin() + kSector, 40 * kSector, std::byte{0});
    CHECK(content_of(disk.raw) == expected);
}

// virtio 1.2 §5.2.6.2: without the unmap flag the sectors must not be deallocated.
TEST_CASE("zeroes without unmap take their space, and those with it give it back") {
    constexpr std::uint64_t kSize = 300 * kSector;
    const Place place = GENERATE(Place::Tmpfs, Place::TemporaryFolder);
    const SingleFile disk(place, {}, kSize);
    REQUIRE(disk.file.write_zeroes(0, kSize, false).ok());
    CHECK(content_of(disk.raw) == filled(kSize, 0));
    REQUIRE(disk.file.flush().ok());

    struct stat status {};

    REQUIRE(::fstat(disk.raw, &status) == 0);
    CHECK(static_cast<std::uint64_t>(status.st_blocks) >= kSize / kSector);
    REQUIRE(disk.file.write_zeroes(0, kSize, true).ok());
    REQUIRE(disk.file.flush().ok());
    REQUIRE(::fstat(disk.raw, &status) == 0);
    CHECK(static_cast<std::uint64_t>(status.st_blocks) < kSize / kSector);
}

TEST_CASE("write zeroes past the end of a short file leaves zeros to read") {
    const Place place = GENERATE(Place::Tmpfs, Place::TemporaryFolder);
    const SingleFile disk(place, filled(kSector, 7), 16 * kSector);
    REQUIRE(disk.file.write_zeroes(0, 16 * kSector, GENERATE(false, true)).ok());
    Buffers buffers;
    const auto slices = buffers.slices({16 * kSector});
    REQUIRE(disk.file.read(0, slices).ok());
    CHECK(Buffers::bytes(slices) == filled(16 * kSector, 0));
}

TEST_CASE("discard gives the space back and keeps the file's size") {
    const Place place = GENERATE(Place::Tmpfs, Place::TemporaryFolder);
    constexpr std::uint64_t kSize = 1 << 20;
    const SingleFile disk(place, filled(kSize, 7), kSize);

    struct stat before {};

    REQUIRE(::fstat(disk.raw, &before) == 0);
    REQUIRE(disk.file.discard(0, kSize).ok());
    REQUIRE(disk.file.flush().ok());

    struct stat after {};

    REQUIRE(::fstat(disk.raw, &after) == 0);
    CHECK(after.st_size == before.st_size);
    CHECK(after.st_blocks < before.st_blocks);
}

TEST_CASE("a full or read-only file is an error, not a crash") {
    Buffers buffers;
    SECTION("full") {
        std::vector<UniqueFd> files;
        files.emplace_back(::open("/dev/full", O_RDWR | O_CLOEXEC));
        const std::vector<Segment> segments{{0, 0, kSector}};
        const auto file = SegmentedFile::create(std::move(files), segments).value();
        const auto result = file.write(0, buffers.slices({kSector}), false);
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().is(std::errc::no_space_on_device));
        CHECK_FALSE(file.write_zeroes(0, kSector, true).ok());
    }
    SECTION("no write permission") {
        std::vector<UniqueFd> files;
        files.emplace_back(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
        const std::vector<Segment> segments{{0, 0, kSector}};
        const auto file = SegmentedFile::create(std::move(files), segments).value();
        const auto result = file.write(0, buffers.slices({kSector}), false);
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().is(std::errc::bad_file_descriptor));
        CHECK_FALSE(file.discard(0, kSector).ok());
        CHECK_FALSE(file.write_zeroes(0, kSector, false).ok());
    }
}

}  // namespace
}  // namespace bulkhead::block
