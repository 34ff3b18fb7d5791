#include "vmm/memory/memory_file.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>

#include "base/checked.h"
#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::memory {

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kPagesPerBlock = kFileBlock / kPage;

using Pages = std::bitset<kPagesPerBlock>;

bool is_zero(const std::byte* page) {
    return page[0] == std::byte{0} && std::memcmp(page, page + 1, kPage - 1) == 0;
}

// Writes one block of memory after another.
class Writer {
  public:
    explicit Writer(int fd) : fd_(fd) {}

    // `host` is where the bytes are, `offset` where they go. What the kernel does not hold of them
    // is zeros, with `touched_only`.
    Result<void> write(const std::byte* host, std::uint64_t length, std::uint64_t offset,
                       bool touched_only) {
        const Pages pages = TRY(pages_to_write(host, length / kPage, touched_only));
        if (pages.none()) return {};
        std::size_t page = 0;
        while (page < kPagesPerBlock) {
            std::size_t end = page;
            while (end < kPagesPerBlock && pages[end]) ++end;
            if (end > page)
                TRY(pwrite_full(fd_, {host + page * kPage, (end - page) * kPage},
                                offset + page * kPage));
            page = end + 1;
        }
        add_extent({offset, length});
        return {};
    }

    [[nodiscard]] std::vector<FileExtent> take() && { return std::move(extents_); }

  private:
    [[nodiscard]] static Result<Pages> pages_to_write(const std::byte* host, std::size_t count,
                                                      bool touched_only) {
        std::array<unsigned char, kPagesPerBlock> touched{};
        touched.fill(1);
        if (touched_only) {
            // SAFETY: mincore() only looks at the address; it takes it as non-const for history.
            if (::mincore(const_cast<std::byte*>(host), count * kPage, touched.data()) != 0)
                return errno_error("mincore");
        }
        Pages pages;
        for (std::size_t page = 0; page < count; ++page) {
            pages[page] = (touched[page] & 1U) != 0 && !is_zero(host + page * kPage);
        }
        return pages;
    }

    void add_extent(FileExtent next) {
        const bool joins =
            !extents_.empty() && extents_.back().offset + extents_.back().length == next.offset;
        if (joins) {
            extents_.back().length += next.length;
        } else {
            extents_.push_back(next);
        }
    }

    int fd_;
    std::vector<FileExtent> extents_;
};

Result<void> map_part(std::byte* host, std::uint64_t length, int fd, std::uint64_t offset) {
    void* const mapped =
        ::mmap(host, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd,
               static_cast<off_t>(offset));
    if (mapped == MAP_FAILED) return errno_error("mapping the saved memory");
    // As for all of the guest's memory.
    static_cast<void>(::madvise(mapped, length, MADV_DONTDUMP));
    static_cast<void>(::madvise(mapped, length, MADV_DONTFORK));
    return {};
}

}  // namespace

Result<std::vector<FileExtent>> write_memory(const GuestMemory& memory, int fd, Swap swap) {
    Writer writer(fd);
    // The file has its size, whether the last page is zeros or not.
    TRY(pwrite_full(fd, std::array{std::byte{0}}, memory.total_size() - 1));
    std::uint64_t start = 0;
    for (const auto& region : memory.regions()) {
        for (std::uint64_t at = 0; at < region.size; at += kFileBlock) {
            const std::byte* block = region.host + at;
            const std::uint64_t length = std::min(kFileBlock, region.size - at);
            // Pages of a file that nobody has read yet are not there either.
            const bool touched_only = swap == Swap::None && !memory.file_backed(block, length);
            TRY(writer.write(block, length, start + at, touched_only));
        }
        start += region.size;
    }
    return std::move(writer).take();
}

Result<void> check_extents(std::span<const FileExtent> extents, std::uint64_t size) {
    std::uint64_t free_from = 0;
    for (const FileExtent& extent : extents) {
        const auto end = bulkhead::checked_add(extent.offset, extent.length);
        if (!end || *end > size || extent.length == 0 || extent.offset < free_from ||
            extent.offset % kPage != 0 || extent.length % kPage != 0) {
            return Error(concat("an extent of ", extent.length, " bytes from ", extent.offset,
                                " is empty, unaligned, out of order or out of the memory of ", size,
                                " bytes"));
        }
        free_from = *end;
    }
    return {};
}

Result<GuestMemory> map_memory(std::span<const GuestMemory::Range> ranges, int fd,
                               std::span<const FileExtent> extents) {
    GuestMemory memory = TRY(GuestMemory::create(ranges));
    TRY(check_extents(extents, memory.total_size()));
    std::uint64_t start = 0;
    for (const auto& region : memory.regions()) {
        const std::uint64_t end = start + region.size;
        for (const FileExtent& extent : extents) {
            const std::uint64_t first = std::max(extent.offset, start);
            const std::uint64_t last = std::min(extent.offset + extent.length, end);
            if (first >= last) continue;
            std::byte* const host = region.host + (first - start);
            TRY(map_part(host, last - first, fd, first));
            memory.add_file_backed({host, last - first});
        }
        start = end;
    }
    return memory;
}

void populate(const GuestMemory& memory, std::span<const PageRun> runs) {
    std::uint64_t start = 0;
    for (const auto& region : memory.regions()) {
        const std::uint64_t end = start + region.size / kPage;
        for (const PageRun& run : runs) {
            const std::uint64_t first = std::max(run.first, start);
            const std::uint64_t last = std::min(run.first + run.count, end);
            if (first >= last) continue;
            static_cast<void>(::madvise(region.host + (first - start) * kPage,
                                        (last - first) * kPage, MADV_POPULATE_WRITE));
        }
        start = end;
    }
}

}  // namespace bulkhead::memory
