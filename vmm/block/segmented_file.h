// SegmentedFile: parts of files, one after another, as one run of bytes: a disk image's metadata
// followed by its layers, or a single writable file.
//
// Thread: any; calls block. Offsets in bytes; the caller has checked them against size().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "vmm/memory/guest_memory.h"

namespace bulkhead::block {

// A segment may reach past its file's end: what is not there reads as zeros.
struct Segment {
    std::size_t file = 0;  // index into the files
    std::uint64_t file_offset = 0;
    std::uint64_t length = 0;
};

class SegmentedFile {
  public:
    using Slices = std::vector<memory::GuestSlice>;

    // Offsets and lengths must be multiples of 512. Without a segment it has no bytes.
    static Result<SegmentedFile> create(std::vector<UniqueFd> files,
                                        std::span<const Segment> segments);

    [[nodiscard]] std::uint64_t size() const { return size_; }

    enum class Cached { Yes, No, Unsupported };

    // Fills the slices only if that needs no waiting for the storage. After anything but Yes they
    // may be filled in part.
    [[nodiscard]] Cached read_cached(std::uint64_t offset, const Slices& slices) const;

    Result<void> read(std::uint64_t offset, const Slices& slices) const;
    // `durable`: on stable storage when it returns.
    Result<void> write(std::uint64_t offset, const Slices& slices, bool durable) const;
    Result<void> flush() const;
    // Gives the space back where the file system can; the content is undefined afterwards.
    Result<void> discard(std::uint64_t offset, std::uint64_t length) const;
    Result<void> write_zeroes(std::uint64_t offset, std::uint64_t length, bool may_unmap) const;

  private:
    struct Placed {
        std::uint64_t start = 0;  // where on the disk it begins
        Segment segment;
    };

    // A run of bytes in one file.
    struct Part {
        int fd = -1;
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
    };

    SegmentedFile(std::vector<UniqueFd> files, std::vector<Placed> placed, std::uint64_t size);

    // The parts that make up a range of the disk, in order.
    [[nodiscard]] std::vector<Part> parts(std::uint64_t offset, std::uint64_t length) const;

    std::vector<UniqueFd> files_;
    std::vector<Placed> placed_;  // by start
    std::uint64_t size_ = 0;
};

}  // namespace bulkhead::block
