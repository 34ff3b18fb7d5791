#include "host/events/reader.h"

#include <fcntl.h>

#include <algorithm>
#include <span>

#include "base/syscalls.h"
#include "host/events/segments.h"

namespace bulkhead::events {

namespace {

constexpr std::size_t kBlock = 64 * 1024;

}  // namespace

std::uint64_t Reader::end_of(const std::string& directory) {
    const auto segments = list_segments(directory);
    if (segments.empty()) return 0;
    const auto file = open_file(segment_path(directory, segments.back()), O_RDONLY);
    if (!file) return segments.back();
    const auto size = file_size(file->get());
    return segments.back() + (size ? *size : 0);
}

// The segment that holds the byte after the buffer, or the oldest one if that is gone.
Result<bool> Reader::open_segment() {
    const std::uint64_t wanted = place_ + buffer_.size();
    const auto segments = list_segments(directory_);
    if (segments.empty()) return false;
    const auto after = std::ranges::upper_bound(segments, wanted);
    std::uint64_t begin = segments.front();
    if (after == segments.begin()) {
        lost_ = lost_ || wanted != 0;
        place_ = begin;
        buffer_.clear();
    } else {
        begin = *std::prev(after);
    }
    if (file_.valid() && begin == begin_) return false;
    file_ = TRY(open_file(segment_path(directory_, begin), O_RDONLY));
    begin_ = begin;
    return true;
}

Result<bool> Reader::fill() {
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!file_.valid() || attempt > 0) {
            if (!TRY(open_segment())) return false;
        }
        const std::size_t kept = buffer_.size();
        buffer_.resize(kept + kBlock);
        const auto room = std::as_writable_bytes(std::span(buffer_).subspan(kept));
        const std::size_t count = TRY(pread_full(file_.get(), room, place_ + kept - begin_));
        buffer_.resize(kept + count);
        if (count > 0) return true;
    }
    return false;
}

Result<std::optional<Reader::Item>> Reader::next() {
    while (true) {
        const std::size_t end = buffer_.find('\n');
        if (end == std::string::npos) {
            if (buffer_.size() > kMaxLine) {
                // No event. What is left of the line is none either.
                place_ += buffer_.size();
                buffer_.clear();
            }
            if (!TRY(fill())) return std::optional<Item>();
            continue;
        }
        auto event = parse_event(std::string_view(buffer_).substr(0, end));
        buffer_.erase(0, end + 1);
        place_ += end + 1;
        if (event) return std::optional(Item{*std::move(event), place_});
    }
}

}  // namespace bulkhead::events
