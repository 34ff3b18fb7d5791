#include "host/image/byte_source.h"

#include <algorithm>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::image {

Result<std::size_t> FileSource::read(std::span<std::byte> buffer) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left_));
    if (wanted == 0) return std::size_t{0};
    const std::size_t got = TRY(pread_full(fd_, buffer.first(wanted), offset_));
    if (got == 0) return Error(concat("truncated: ", left_, " bytes are missing at the end"));
    offset_ += got;
    left_ -= got;
    return got;
}

Result<std::size_t> MemorySource::read(std::span<std::byte> buffer) {
    const std::size_t count = std::min(buffer.size(), rest_.size());
    std::copy_n(rest_.begin(), count, buffer.begin());
    rest_ = rest_.subspan(count);
    return count;
}

Result<std::size_t> HashingSource::read(std::span<std::byte> buffer) {
    const std::size_t got = TRY(source_.read(buffer));
    count_ += got;
    if (count_ > limit_) return Error(concat("larger than the limit of ", bytes_text(limit_)));
    hasher_.update(buffer.first(got));
    if (progress_) progress_(count_);
    return got;
}

Result<Digest> HashingSource::finish() {
    std::vector<std::byte> rest(64 * 1024);
    while (TRY(read(rest)) != 0) {
    }
    return hasher_.finish();
}

}  // namespace bulkhead::image
