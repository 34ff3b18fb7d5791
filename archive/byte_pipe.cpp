#include "archive/byte_pipe.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/syscalls.h"

namespace bulkhead::archive {

namespace {

Error ended_early() {
    return Error("the stream ended in the middle of an archive");
}

}  // namespace

Result<void> ByteSink::write(std::span<const std::byte> bytes) {
    count_ += bytes.size();
    if (buffer_.size() + bytes.size() > kPipeBytes) TRY(flush());
    if (bytes.size() >= kPipeBytes) return write_full(fd_, bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return {};
}

Result<void> ByteSink::flush() {
    if (buffer_.empty()) return {};
    auto written = write_full(fd_, buffer_);
    buffer_.clear();
    return written;
}

Result<std::span<const std::byte>> ByteFeed::take(std::size_t most) {
    if (start_ == end_) {
        ssize_t got = 0;
        do {
            got = ::read(fd_, buffer_.data(), buffer_.size());
        } while (got < 0 && errno == EINTR);
        if (got < 0) return errno_error("reading an archive");
        start_ = 0;
        end_ = static_cast<std::size_t>(got);
    }
    const std::size_t count = std::min(most, end_ - start_);
    const auto taken = std::span<const std::byte>(buffer_).subspan(start_, count);
    start_ += count;
    return taken;
}

Result<std::size_t> ByteFeed::fill(std::span<std::byte> target) {
    std::size_t filled = 0;
    while (filled < target.size()) {
        const auto part = TRY(take(target.size() - filled));
        if (part.empty()) break;
        std::copy(part.begin(), part.end(), target.begin() + static_cast<std::ptrdiff_t>(filled));
        filled += part.size();
    }
    if (filled != 0 && filled != target.size()) return ended_early();
    return filled;
}

Result<void> ByteFeed::skip(std::uint64_t count) {
    while (count != 0) {
        const auto part = TRY(take(std::min<std::size_t>(count, kPipeBytes)));
        if (part.empty()) return ended_early();
        count -= part.size();
    }
    return {};
}

Result<void> ByteFeed::drain(std::uint64_t most) {
    for (;;) {
        const auto part = TRY(take(kPipeBytes));
        if (part.empty()) return {};
        if (part.size() > most) return Error("there is too much behind the archive's end");
        most -= part.size();
    }
}

}  // namespace bulkhead::archive
