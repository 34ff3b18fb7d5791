#include "host/logs/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::logs {

namespace {

constexpr std::size_t kBlock = 64 * 1024;
// More files than any log is rotated into.
constexpr std::uint32_t kMostFiles = 1000;

std::string numbered(const std::string& path, std::uint32_t number) {
    return number == 0 ? path : concat(path, ".", number);
}

// Nothing when it does not exist.
Result<std::optional<UniqueFd>> open_if_there(const std::string& path) {
    auto file = open_file(path, O_RDONLY);
    if (file) return std::optional(*std::move(file));
    if (file.error().is(std::errc::no_such_file_or_directory)) return std::optional<UniqueFd>();
    return std::move(file).error();
}

bool same_file(const UniqueFd& file, const std::string& path) {
    struct stat ours {};

    struct stat theirs {};

    return ::fstat(file.get(), &ours) == 0 && ::stat(path.c_str(), &theirs) == 0 &&
           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

// Where the last `wanted` lines of a file begin; fewer are left of `wanted` when it has not so
// many.
Result<std::uint64_t> find_tail(int file, std::uint64_t& wanted) {
    std::uint64_t end = TRY(file_size(file));
    std::string block(kBlock, '\0');
    bool last = true;  // the newline that ends the last line begins none
    while (end > 0) {
        const std::uint64_t length = std::min<std::uint64_t>(kBlock, end);
        const auto bytes = std::as_writable_bytes(std::span(block).first(length));
        if (TRY(pread_full(file, bytes, end - length)) != length) return Error("the log shrinks");
        for (std::size_t i = length; i > 0; --i) {
            if (block[i - 1] != '\n' || std::exchange(last, false)) continue;
            if (--wanted == 0) return end - length + i;
        }
        end -= length;
    }
    if (!last) --wanted;  // the file's first line
    return std::uint64_t{0};
}

}  // namespace

Result<LogReader> LogReader::open(Options options) {
    LogReader reader(std::move(options));
    if (reader.options_.tail) {
        TRY(reader.seek_tail(*reader.options_.tail));
        return reader;
    }
    const std::uint32_t oldest = TRY(reader.oldest_number());
    TRY(reader.open_number(oldest));
    return reader;
}

Result<void> LogReader::seek_tail(std::uint64_t tail) {
    std::uint64_t wanted = tail;
    for (std::uint32_t number = 0; number < kMostFiles; ++number) {
        auto file = TRY(open_if_there(numbered(options_.path, number)));
        if (!file) break;
        if (wanted == 0) {  // nothing of what there is now
            offset_ = TRY(file_size(file->get()));
            file_ = *std::move(file);
            return {};
        }
        offset_ = TRY(find_tail(file->get(), wanted));
        file_ = *std::move(file);
        if (wanted == 0) return {};
    }
    return {};
}

Result<bool> LogReader::open_number(std::uint32_t number) {
    auto file = TRY(open_if_there(numbered(options_.path, number)));
    if (!file) return false;
    file_ = *std::move(file);
    offset_ = 0;
    return true;
}

// A complete file ends with a newline, unless its writer crashed.
void LogReader::drop_torn_line() {
    if (start_ < buffer_.size() || overlong_) ++skipped_;
    overlong_ = false;
    buffer_.clear();
    start_ = 0;
}

bool LogReader::is_newest() const {
    return file_.valid() && same_file(file_, options_.path);
}

Result<bool> LogReader::next_file() {
    for (std::uint32_t number = 1; file_.valid() && number < kMostFiles; ++number) {
        if (same_file(file_, numbered(options_.path, number))) return open_number(number - 1);
    }
    // None yet, or it has been removed meanwhile: then the oldest that is left comes next.
    const std::uint32_t oldest = TRY(oldest_number());
    return open_number(oldest);
}

Result<std::uint32_t> LogReader::oldest_number() const {
    std::uint32_t oldest = 0;
    while (oldest < kMostFiles && TRY(open_if_there(numbered(options_.path, oldest + 1)))) ++oldest;
    return oldest;
}

Result<bool> LogReader::fill() {
    if (!file_.valid()) return false;
    buffer_.erase(0, std::exchange(start_, 0));
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + kBlock);
    const auto room = std::as_writable_bytes(std::span(buffer_).subspan(kept));
    const std::size_t count = TRY(pread_full(file_.get(), room, offset_));
    buffer_.resize(kept + count);
    offset_ += count;
    return count > 0;
}

// Memory is bounded: a line that is too long for an entry is dropped as it is read.
Result<std::optional<std::string>> LogReader::next_line() {
    while (true) {
        const std::size_t end = buffer_.find('\n', start_);
        if (end != std::string::npos) {
            std::string line = buffer_.substr(start_, end - start_);
            start_ = end + 1;
            if (!std::exchange(overlong_, false)) return std::optional(std::move(line));
            ++skipped_;
            continue;
        }
        if (buffer_.size() - start_ > kMaxEntryLine) {
            overlong_ = true;
            buffer_.clear();
            start_ = 0;
        }
        if (TRY(fill())) continue;
        if (is_newest()) return std::optional<std::string>();
        // A file that is not the newest is complete, but may have grown between the two looks.
        if (TRY(fill())) continue;
        if (!TRY(next_file())) return std::optional<std::string>();
        drop_torn_line();
    }
}

Result<std::optional<Entry>> LogReader::next() {
    while (true) {
        const auto line = TRY(next_line());
        if (!line) return std::optional<Entry>();
        auto entry = parse_entry(*line);
        if (!entry) {
            ++skipped_;
            continue;
        }
        if (options_.since && entry->time_ns < *options_.since) continue;
        if (options_.until && entry->time_ns >= *options_.until) continue;
        return entry;
    }
}

}  // namespace bulkhead::logs
