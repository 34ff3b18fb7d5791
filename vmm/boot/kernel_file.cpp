#include "vmm/boot/kernel_file.h"

#include <sys/uio.h>

#include <cerrno>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::boot {

namespace {

Result<void> read_exactly(int file, std::uint64_t offset, std::span<std::byte> bytes) {
    const std::size_t count = TRY(pread_full(file, bytes, offset));
    if (count < bytes.size()) return Error("the file is too short");
    return {};
}

// Reads `slice.size()` bytes from the file straight into guest memory.
Result<void> read_into(int file, std::uint64_t offset, const memory::GuestSlice& slice) {
    std::uint64_t done = 0;
    while (done < slice.size()) {
        const iovec part = slice.part(done, slice.size() - done).io();
        const ssize_t count = ::preadv(file, &part, 1, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno_error("read");
        if (count == 0) return Error("the file is shorter than it should be");
        done += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<void> load_segment(int file, const memory::GuestMemory& memory, const ElfSegment& segment,
                          memory::GuestAddress lowest) {
    const auto whole = memory.slice(segment.start, segment.memory_size);
    if (segment.start < lowest || !whole) {
        return Error(concat("segment of ", segment.memory_size, " bytes at ",
                            hex(raw(segment.start)), " does not fit in guest memory"));
    }
    return read_into(file, segment.file_offset, whole->part(0, segment.file_size));
}

}  // namespace

Result<ElfImage> load_kernel(int file, const memory::GuestMemory& memory,
                             memory::GuestAddress lowest) {
    auto image = TRY(parse_elf([file](std::uint64_t offset, std::span<std::byte> bytes) {
        return read_exactly(file, offset, bytes);
    }));
    for (const ElfSegment& segment : image.segments) {
        TRY(load_segment(file, memory, segment, lowest));
    }
    return image;
}

Result<void> load_file(int file, const memory::GuestMemory& memory, memory::GuestAddress start,
                       std::uint64_t length) {
    const auto slice = memory.slice(start, length);
    if (!slice) {
        return Error(concat(length, " bytes at ", hex(raw(start)), " do not fit in guest memory"));
    }
    return read_into(file, 0, *slice);
}

}  // namespace bulkhead::boot
