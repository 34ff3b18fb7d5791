#include "vmm/memory/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <vector>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"

namespace bulkhead::memory {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kHigh = 0x1'0000'0000;
// The first region is no whole number of blocks, so that the second one begins inside of one.
constexpr std::array<GuestMemory::Range, 2> kRanges{{
    {.start = GuestAddress{0}, .size = 3 * kFileBlock + 5 * kPage},
    {.start = GuestAddress{kHigh}, .size = 2 * kFileBlock},
}};
constexpr std::uint64_t kTotal = kRanges[0].size + kRanges[1].size;

UniqueFd empty_file() {
    UniqueFd file(::memfd_create("memory", MFD_CLOEXEC));
    REQUIRE(file.valid());
    return file;
}

struct stat status_of(const UniqueFd& file) {
    struct stat status {};

    REQUIRE(::fstat(file.get(), &status) == 0);
    return status;
}

GuestMemory sample() {
    auto memory = GuestMemory::create(kRanges);
    REQUIRE(memory);
    REQUIRE(memory->write(GuestAddress{kPage + 8}, std::uint32_t{1}));
    REQUIRE(memory->write(GuestAddress{kRanges[0].size - 4}, std::uint32_t{2}));
    REQUIRE(memory->write(GuestAddress{kHigh + kFileBlock + kPage}, std::uint32_t{3}));
    // Touched, but zeros: not worth writing.
    REQUIRE(memory->write(GuestAddress{kHigh}, std::uint32_t{0}));
    return std::move(memory).value();
}

void check_sample(const GuestMemory& memory) {
    CHECK(memory.read<std::uint32_t>(GuestAddress{kPage + 8}) == 1U);
    CHECK(memory.read<std::uint32_t>(GuestAddress{kRanges[0].size - 4}) == 2U);
    CHECK(memory.read<std::uint32_t>(GuestAddress{kHigh + kFileBlock + kPage}) == 3U);
    CHECK(memory.read<std::uint32_t>(GuestAddress{kHigh}) == 0U);
    CHECK(memory.read<std::uint32_t>(GuestAddress{2 * kFileBlock}) == 0U);
}

TEST_CASE("memory is written with holes, and read back as it was") {
    const Swap swap = GENERATE(Swap::None, Swap::Possible);
    const GuestMemory memory = sample();
    const UniqueFd file = empty_file();
    const auto extents = write_memory(memory, file.get(), swap);
    REQUIRE(extents);
    const std::vector<FileExtent> expected{
        {0, kFileBlock},
        {3 * kFileBlock, 5 * kPage},
        {3 * kFileBlock + 5 * kPage + kFileBlock, kFileBlock},
    };
    CHECK(*extents == expected);
    CHECK(status_of(file).st_size == static_cast<off_t>(kTotal));
    // The three pages, and the last one, which gives the file its size.
    CHECK(status_of(file).st_blocks * 512 == static_cast<off_t>(4 * kPage));
    const auto mapped = map_memory(kRanges, file.get(), *extents);
    REQUIRE(mapped);
    const std::byte* const first = mapped->regions().front().host;
    CHECK(mapped->file_backed(first, kFileBlock));
    CHECK_FALSE(mapped->file_backed(first + kFileBlock, kFileBlock));
    CHECK(mapped->file_backed(first + kFileBlock - 1, 2));
    check_sample(*mapped);
}

TEST_CASE("what a mapped memory is written to stays its own, and is in what is saved of it") {
    const UniqueFd file = empty_file();
    const auto extents = write_memory(sample(), file.get(), Swap::None);
    REQUIRE(extents);
    auto first = map_memory(kRanges, file.get(), *extents);
    REQUIRE(first);
    REQUIRE(first->write(GuestAddress{kPage + 8}, std::uint32_t{100}));
    REQUIRE(first->write(GuestAddress{2 * kFileBlock}, std::uint32_t{200}));
    check_sample(map_memory(kRanges, file.get(), *extents).value());

    const UniqueFd second_file = empty_file();
    const auto second_extents = write_memory(*first, second_file.get(), Swap::None);
    REQUIRE(second_extents);
    const auto second = map_memory(kRanges, second_file.get(), *second_extents);
    REQUIRE(second);
    CHECK(second->read<std::uint32_t>(GuestAddress{kPage + 8}) == 100U);
    CHECK(second->read<std::uint32_t>(GuestAddress{2 * kFileBlock}) == 200U);
    // Not touched since it was mapped.
    CHECK(second->read<std::uint32_t>(GuestAddress{kHigh + kFileBlock + kPage}) == 3U);
}

TEST_CASE("what nobody has read of a mapped file is in what is saved of it") {
    // On a disk, so that the kernel can forget its pages; a memfd's are its content.
    const UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    REQUIRE(file.valid());
    const auto extents = write_memory(sample(), file.get(), Swap::None);
    REQUIRE(extents);
    REQUIRE(::fsync(file.get()) == 0);
    REQUIRE(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED) == 0);
    const auto mapped = map_memory(kRanges, file.get(), *extents);
    REQUIRE(mapped);
    const UniqueFd again = empty_file();
    const auto again_extents = write_memory(*mapped, again.get(), Swap::None);
    REQUIRE(again_extents);
    check_sample(map_memory(kRanges, again.get(), *again_extents).value());
}

TEST_CASE("pages that are populated are the memory's own, and the others are not") {
    const UniqueFd file = empty_file();
    const auto extents = write_memory(sample(), file.get(), Swap::None);
    REQUIRE(extents);
    const auto memory = map_memory(kRanges, file.get(), *extents);
    REQUIRE(memory);
    // The last page of the first region and the first one of the second, and another one.
    const std::uint64_t high = kRanges[0].size / kPage;
    const std::uint64_t last = high + (kFileBlock + kPage) / kPage;
    populate(*memory, std::vector<PageRun>{{1, 1}, {high - 1, 2}, {last, 1}});
    check_sample(*memory);
    // What becomes of the file shows what is still the file's.
    const std::array<std::byte, kPage> changed{std::byte{0x77}};
    for (const std::uint64_t page : {std::uint64_t{0}, std::uint64_t{1}, high - 1, high, last})
        REQUIRE(::pwrite(file.get(), changed.data(), kPage, static_cast<off_t>(page * kPage)) ==
                static_cast<ssize_t>(kPage));
    check_sample(*memory);
    CHECK(memory->read<std::uint8_t>(GuestAddress{0}) == 0x77);
    CHECK(memory->read<std::uint8_t>(GuestAddress{kPage}) == 0);
}

TEST_CASE("adjacent blocks are one extent") {
    auto memory = GuestMemory::create(kRanges);
    REQUIRE(memory);
    for (const std::uint64_t block : {0U, 1U, 2U})
        REQUIRE(memory->write(GuestAddress{block * kFileBlock}, std::uint8_t{1}));
    const UniqueFd file = empty_file();
    CHECK(write_memory(*memory, file.get(), Swap::None).value() ==
          std::vector<FileExtent>{{0, 3 * kFileBlock}});
}

TEST_CASE("extents that no memory has are refused") {
    const auto accepts = [](const std::vector<FileExtent>& extents) {
        return check_extents(extents, 16 * kPage).ok();
    };
    CHECK(accepts({}));
    CHECK(accepts({{0, 16 * kPage}}));
    CHECK(accepts({{0, kPage}, {kPage, kPage}}));
    CHECK_FALSE(accepts({{0, 17 * kPage}}));
    CHECK_FALSE(accepts({{0, 0}}));
    CHECK_FALSE(accepts({{1, kPage}}));
    CHECK_FALSE(accepts({{0, kPage + 1}}));
    CHECK_FALSE(accepts({{kPage, kPage}, {0, kPage}}));
    CHECK_FALSE(accepts({{0, 2 * kPage}, {kPage, kPage}}));
    CHECK_FALSE(accepts({{~std::uint64_t{0} - kPage + 1, kPage}}));
    CHECK_FALSE(accepts({{16 * kPage, kPage}}));
}

}  // namespace
}  // namespace bulkhead::memory
