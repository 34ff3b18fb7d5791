#include "tests/support/image/stitched_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace bulkhead::test {

void StitchedDisk::append(UniqueFd file, std::uint64_t length) {
    segments_.push_back({std::move(file), size_, length});
    size_ += length;
}

StitchedDisk StitchedDisk::open(const std::vector<image::DiskSegment>& segments) {
    StitchedDisk disk;
    for (const image::DiskSegment& segment : segments) {
        UniqueFd file(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file.valid()) throw std::runtime_error("cannot open " + segment.path);
        if (segment.file_offset != 0)
            throw std::runtime_error("a segment that does not start at its file's start");
        disk.append(std::move(file), segment.length);
    }
    return disk;
}

std::string StitchedDisk::read(std::uint64_t offset, std::uint64_t length) const {
    std::string result;
    for (const Segment& segment : segments_) {
        if (offset >= segment.start + segment.length || result.size() == length) continue;
        const std::uint64_t inside = offset - segment.start;
        const std::uint64_t count = std::min(length - result.size(), segment.length - inside);
        std::string part(count, '\0');
        const ssize_t got =
            ::pread(segment.file.get(), part.data(), count, static_cast<off_t>(inside));
        if (got != static_cast<ssize_t>(count))
            throw std::runtime_error("short read from the disk");
        result += part;
        offset += count;
    }
    return result;
}

void StitchedDisk::write_to(const std::string& path) const {
    constexpr std::uint64_t kStep = 1ULL << 20U;
    const UniqueFd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!out.valid() || ::ftruncate(out.get(), static_cast<off_t>(size_)) != 0) {
        throw std::runtime_error("cannot write " + path);
    }
    for (std::uint64_t at = 0; at < size_; at += kStep) {
        const std::string part = read(at, kStep);
        if (part.find_first_not_of('\0') == std::string::npos) continue;
        if (::pwrite(out.get(), part.data(), part.size(), static_cast<off_t>(at)) !=
            static_cast<ssize_t>(part.size())) {
            throw std::runtime_error("cannot write " + path);
        }
    }
}

}  // namespace bulkhead::test
