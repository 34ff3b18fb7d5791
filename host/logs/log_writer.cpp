#include "host/logs/log_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/syscalls.h"
#include "base/text.h"
#include "base/utf8.h"
#include "host/logs/log_time.h"

namespace bulkhead::logs {

namespace {

// What is gathered before it is written.
constexpr std::size_t kBatchBytes = 256 * 1024;

std::string numbered(const std::string& path, std::uint32_t number) {
    return number == 0 ? path : concat(path, ".", number);
}

// The length of a file without a last line that has no end.
Result<std::uint64_t> whole_lines(int file, std::uint64_t size) {
    std::array<std::byte, 4096> buffer{};
    while (size > 0) {
        const std::uint64_t length = std::min<std::uint64_t>(buffer.size(), size);
        const auto part = std::span(buffer).first(length);
        if (TRY(pread_full(file, part, size - length)) != length) return Error("the log shrinks");
        for (std::size_t i = length; i > 0; --i) {
            if (part[i - 1] == std::byte{'\n'}) return size - length + i;
        }
        size -= length;
    }
    return std::uint64_t{0};
}

// What of a line fits into an entry without a part of a character: each half would be no text.
std::string_view whole_characters(std::string_view text, bool ends_line) {
    if (!ends_line) text.remove_suffix(incomplete_utf8(text));
    return text;
}

}  // namespace

Result<LogWriter> LogWriter::open(Options options) {
    LogWriter writer(std::move(options));
    TRY(writer.open_file_again());
    return writer;
}

Result<void> LogWriter::open_file_again() {
    file_ = TRY(open_file(options_.path, O_RDWR | O_CREAT, 0600));
    const std::uint64_t size = TRY(file_size(file_.get()));
    size_ = TRY_CONTEXT(whole_lines(file_.get(), size), options_.path);
    if (size_ != size && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
        return errno_error("truncate " + options_.path);
    return {};
}

void LogWriter::append(Stream stream, std::span<const std::byte> bytes, std::int64_t time_ns) {
    // SAFETY: char may alias any type.
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::string& partial = partial_[stream == Stream::Output ? 0 : 1];
    const std::string end = entry_end(stream, format_time(time_ns));
    while (!text.empty()) {
        const std::size_t room = kMaxEntryText - partial.size();
        const std::size_t newline = text.substr(0, room).find('\n');
        const bool ends = newline != std::string_view::npos;
        const std::size_t length = ends ? newline + 1 : std::min(room, text.size());
        const bool whole = ends || length == room;
        if (whole && partial.empty()) {
            const std::string_view entry = whole_characters(text.substr(0, length), ends);
            add(entry, end);
            text.remove_prefix(entry.size());
        } else {
            partial.append(text, 0, length);
            if (whole) {
                const std::size_t size = whole_characters(partial, ends).size();
                std::string rest = partial.substr(size);
                partial.resize(size);
                add(std::exchange(partial, std::move(rest)), end);
            }
            text.remove_prefix(length);
        }
        if (lines_.size() >= kBatchBytes || size_ + lines_.size() >= options_.max_bytes)
            write(time_ns);
    }
    write(time_ns);
}

void LogWriter::flush(std::int64_t time_ns) {
    const std::string time = format_time(time_ns);
    for (const Stream stream : {Stream::Output, Stream::Error}) {
        std::string& partial = partial_[stream == Stream::Output ? 0 : 1];
        if (!partial.empty()) add(std::exchange(partial, {}), entry_end(stream, time));
    }
    write(time_ns);
}

void LogWriter::add(std::string_view text, std::string_view end) {
    append_entry(lines_, text, end);
    ++entries_;
}

void LogWriter::write(std::int64_t time_ns) {
    if (lines_.empty()) return;
    if (dropped_ > 0) report_dropped(format_time(time_ns));
    const auto written = [&]() -> Result<void> {
        if (size_ > 0 && size_ + lines_.size() > options_.max_bytes) TRY(rotate());
        return write_whole(lines_);
    }();
    if (!written) {
        dropped_ += entries_;
        all_dropped_ += entries_;
        drop_reason_ = written.error().message();
    }
    lines_.clear();
    entries_ = 0;
}

void LogWriter::report_dropped(std::string_view time) {
    std::string line;
    append_entry(line,
                 concat("bulkhead: ", dropped_, " log entries were lost: ", drop_reason_, "\n"),
                 entry_end(Stream::Error, time));
    if (write_whole(line)) dropped_ = 0;
}

Result<void> LogWriter::rotate() {
    for (std::uint32_t number = options_.max_files - 1; number > 0; --number) {
        const std::string from = numbered(options_.path, number - 1);
        const std::string to = numbered(options_.path, number);
        if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT)
            return errno_error("rename " + from);
    }
    if (options_.max_files == 1 && ::unlink(options_.path.c_str()) != 0 && errno != ENOENT)
        return errno_error("unlink " + options_.path);
    return open_file_again();
}

Result<void> LogWriter::write_whole(std::string_view lines) {
    auto written = pwrite_full(file_.get(), std::as_bytes(std::span(lines)), size_);
    if (!written) {
        // A part may be there: readers must not see it. Where that fails too, the next write goes
        // over it.
        [[maybe_unused]] const int cut = ::ftruncate(file_.get(), static_cast<off_t>(size_));
        return written;
    }
    size_ += lines.size();
    return {};
}

}  // namespace bulkhead::logs
