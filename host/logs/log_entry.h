// One entry of a container's log, and its line in the file: docker's json-file format,
//   {"log":"text\n","stream":"stdout","time":"2026-11-25T04:07:00.123456789Z"}
// A container may print any bytes. Text that is not UTF-8 is written as "log64", in base64, where
// docker would lose it. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bulkhead::logs {

enum class Stream { Output, Error };

struct Entry {
    Stream stream = Stream::Output;
    std::string text;          // with its newline, unless the line goes on in the next entry
    std::int64_t time_ns = 0;  // since 1970
};

// The most text that one entry holds; a longer line is several.
inline constexpr std::size_t kMaxEntryText = 16 * 1024;
// A line with that much text is never longer: each byte may become six.
inline constexpr std::size_t kMaxEntryLine = 6 * kMaxEntryText + 256;

// How the lines of entries of this stream and time end, newlines of their texts included: made once
// for many. `time` is as format_time() gives it.
std::string entry_end(Stream stream, std::string_view time);

// Adds the entry's line, newline included. `end` is as entry_end() gives it.
void append_entry(std::string& out, std::string_view text, std::string_view end);

// Nothing when it is no entry.
std::optional<Entry> parse_entry(std::string_view line);

}  // namespace bulkhead::logs
