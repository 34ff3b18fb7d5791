#include "host/sandbox/disk_copy.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <span>

#include "base/scratch.h"
#include "base/syscalls.h"

namespace bulkhead::sandbox {

namespace {

// Small enough to be in the processor's cache, and to be touched in no time.
constexpr std::size_t kStep = std::size_t{64} * 1024;

struct Run {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  // as begin: there is no more
};

// The next bytes from `at` that are no hole.
Result<Run> next_run(int file, std::uint64_t at) {
    const off_t begin = ::lseek(file, static_cast<off_t>(at), SEEK_DATA);
    if (begin < 0 && errno == ENXIO) return Run{};
    const off_t end = begin < 0 ? -1 : ::lseek(file, begin, SEEK_HOLE);
    if (end < 0) return errno_error("looking for a disk's holes");
    return Run{static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)};
}

Result<void> copy_run(int from, int to, const Run& run, std::span<std::byte> buffer,
                      const std::atomic<bool>* cancelled) {
    for (std::uint64_t at = run.begin; at < run.end;) {
        if (cancelled != nullptr && *cancelled) return Error("interrupted");
        const auto wanted = buffer.first(std::min<std::uint64_t>(buffer.size(), run.end - at));
        const std::size_t got = TRY(pread_full(from, wanted, at));
        if (got == 0) return Error("the disk became shorter");
        TRY(pwrite_full(to, wanted.first(got), at));
        at += got;
    }
    return {};
}

}  // namespace

Result<void> copy_disk(int from, int to, const std::atomic<bool>* cancelled) {
    if (::ioctl(to, FICLONE, from) == 0) return {};
    const std::uint64_t size = TRY(file_size(from));
    if (::ftruncate(to, static_cast<off_t>(size)) != 0) return errno_error("set a disk's size");
    const Scratch buffer(kStep);
    for (std::uint64_t at = 0; at < size;) {
        const Run run = TRY(next_run(from, at));
        if (run.end == run.begin) break;
        TRY(copy_run(from, to, run, buffer.bytes(), cancelled));
        at = run.end;
    }
    return {};
}

}  // namespace bulkhead::sandbox
