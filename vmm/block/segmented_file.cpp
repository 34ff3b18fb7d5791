#include "vmm/block/segmented_file.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "base/checked.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "vmm/virtio/chain.h"

namespace bulkhead::block {

namespace {

constexpr std::uint64_t kAlignment = 512;
constexpr std::size_t kMaxVectors = 1024;  // IOV_MAX

std::uint64_t total(const SegmentedFile::Slices& slices) {
    std::uint64_t sum = 0;
    for (const auto& slice : slices) sum += slice.size();
    return sum;
}

// The slices ahead of the cursor, which stays where it is.
SegmentedFile::Slices ahead(virtio::SliceCursor cursor) {
    SegmentedFile::Slices slices;
    static_cast<void>(cursor.take(cursor.remaining(), slices));
    return slices;
}

std::vector<iovec> vectors(const SegmentedFile::Slices& slices) {
    std::vector<iovec> result;
    result.reserve(slices.size());
    for (const auto& slice : slices) result.push_back(slice.io());
    if (result.size() > kMaxVectors) result.resize(kMaxVectors);
    return result;
}

// Calls `transfer(vectors, offset)` until all slices are done, the call gives 0, or it fails. Gives
// what is left.
template <class Transfer>
Result<SegmentedFile::Slices> transfer_all(SegmentedFile::Slices slices, std::uint64_t offset,
                                           Transfer transfer) {
    virtio::SliceCursor cursor(std::move(slices));
    while (cursor.remaining() > 0) {
        const auto io = vectors(ahead(cursor));
        const ssize_t count = transfer(io, static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno_error("disk I/O");
        if (count == 0) break;
        SegmentedFile::Slices finished;
        static_cast<void>(cursor.take(static_cast<std::uint64_t>(count), finished));
        offset += static_cast<std::uint64_t>(count);
    }
    return ahead(cursor);
}

bool unsupported(int error_number) {
    return error_number == EOPNOTSUPP || error_number == ENOSYS || error_number == ENODEV;
}

// False when the file system cannot do this. The jail allows no other kind of fallocate: those that
// allocate do so behind a file's end, too, where no limit holds them.
Result<bool> punch_hole(int fd, std::uint64_t offset, std::uint64_t length) {
    constexpr int kMode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    while (::fallocate(fd, kMode, static_cast<off_t>(offset), static_cast<off_t>(length)) != 0) {
        if (errno == EINTR) continue;
        if (unsupported(errno)) return false;
        return errno_error("fallocate");
    }
    return true;
}

Result<void> write_zero_bytes(int fd, std::uint64_t offset, std::uint64_t length) {
    static constexpr std::array<std::byte, 64 * 1024> kZeros{};
    while (length > 0) {
        const std::size_t count = std::min<std::uint64_t>(length, kZeros.size());
        TRY(pwrite_full(fd, std::span(kZeros).first(count), offset));
        offset += count;
        length -= count;
    }
    return {};
}

}  // namespace

Result<SegmentedFile> SegmentedFile::create(std::vector<UniqueFd> files,
                                            std::span<const Segment> segments) {
    std::vector<Placed> placed;
    std::uint64_t size = 0;
    for (const auto& segment : segments) {
        const auto file_end = checked_add(segment.file_offset, segment.length);
        const auto disk_end = checked_add(size, segment.length);
        const bool aligned =
            segment.file_offset % kAlignment == 0 && segment.length % kAlignment == 0;
        if (segment.file >= files.size() || segment.length == 0 || !aligned || !file_end ||
            !disk_end || !narrow<off_t>(*file_end) || !narrow<off_t>(*disk_end)) {
            return Error(concat("disk segment ", placed.size(), " is not usable: file ",
                                segment.file, ", offset ", segment.file_offset, ", length ",
                                segment.length));
        }
        placed.push_back({.start = size, .segment = segment});
        size = *disk_end;
    }
    return SegmentedFile(std::move(files), std::move(placed), size);
}

SegmentedFile::SegmentedFile(std::vector<UniqueFd> files, std::vector<Placed> placed,
                             std::uint64_t size)
    : files_(std::move(files)), placed_(std::move(placed)), size_(size) {}

std::vector<SegmentedFile::Part> SegmentedFile::parts(std::uint64_t offset,
                                                      std::uint64_t length) const {
    std::vector<Part> result;
    if (placed_.empty()) return result;
    auto at =
        std::upper_bound(placed_.begin(), placed_.end(), offset,
                         [](std::uint64_t value, const Placed& p) { return value < p.start; });
    --at;  // the first segment starts at 0
    for (; length > 0 && at != placed_.end(); ++at) {
        const std::uint64_t skip = offset - at->start;
        const std::uint64_t count = std::min(length, at->segment.length - skip);
        result.push_back({.fd = files_[at->segment.file].get(),
                          .offset = at->segment.file_offset + skip,
                          .length = count});
        offset += count;
        length -= count;
    }
    return result;
}

SegmentedFile::Cached SegmentedFile::read_cached(std::uint64_t offset, const Slices& slices) const {
    virtio::SliceCursor cursor(slices);
    for (const auto& part : parts(offset, cursor.remaining())) {
        Slices destination;
        static_cast<void>(cursor.take(part.length, destination));
        const auto io = vectors(destination);
        const ssize_t count = ::preadv2(part.fd, io.data(), static_cast<int>(io.size()),
                                        static_cast<off_t>(part.offset), RWF_NOWAIT);
        if (count < 0 && unsupported(errno)) return Cached::Unsupported;
        if (count < 0 || static_cast<std::uint64_t>(count) != part.length) return Cached::No;
    }
    return Cached::Yes;
}

Result<void> SegmentedFile::read(std::uint64_t offset, const Slices& slices) const {
    virtio::SliceCursor cursor(slices);
    for (const auto& part : parts(offset, cursor.remaining())) {
        Slices destination;
        static_cast<void>(cursor.take(part.length, destination));
        const auto call = [&](const std::vector<iovec>& io, off_t at) {
            return ::preadv(part.fd, io.data(), static_cast<int>(io.size()), at);
        };
        const Slices missing = TRY(transfer_all(std::move(destination), part.offset, call));
        for (const auto& slice : missing) slice.clear();
    }
    return {};
}

Result<void> SegmentedFile::write(std::uint64_t offset, const Slices& slices, bool durable) const {
    virtio::SliceCursor cursor(slices);
    const int flags = durable ? RWF_DSYNC : 0;
    for (const auto& part : parts(offset, cursor.remaining())) {
        Slices source;
        static_cast<void>(cursor.take(part.length, source));
        const auto call = [&](const std::vector<iovec>& io, off_t at) {
            return ::pwritev2(part.fd, io.data(), static_cast<int>(io.size()), at, flags);
        };
        const Slices rest = TRY(transfer_all(std::move(source), part.offset, call));
        if (total(rest) > 0) return Error("disk I/O: nothing more could be written");
    }
    return {};
}

Result<void> SegmentedFile::flush() const {
    for (const auto& file : files_) {
        if (::fdatasync(file.get()) != 0) return errno_error("fdatasync");
    }
    return {};
}

Result<void> SegmentedFile::discard(std::uint64_t offset, std::uint64_t length) const {
    for (const auto& part : parts(offset, length)) {
        // Where it is not supported the space simply stays used.
        static_cast<void>(TRY(punch_hole(part.fd, part.offset, part.length)));
    }
    return {};
}

Result<void> SegmentedFile::write_zeroes(std::uint64_t offset, std::uint64_t length,
                                         bool may_unmap) const {
    for (const auto& part : parts(offset, length)) {
        bool zeroed = false;
        if (may_unmap) {
            zeroed = TRY(punch_hole(part.fd, part.offset, part.length));
        }
        if (!zeroed) TRY(write_zero_bytes(part.fd, part.offset, part.length));
    }
    return {};
}

}  // namespace bulkhead::block
