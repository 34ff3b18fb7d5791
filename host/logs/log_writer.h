// Writes a container's output to its log: PATH is the newest file, PATH.1 the one before it, and so
// on. Lines are gathered into few writes, an entry is never split between files, and what a full
// disk swallowed is counted and told in the log itself. Thread: any one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/logs/log_entry.h"

namespace bulkhead::logs {

class LogWriter {
  public:
    struct Options {
        std::string path;
        std::uint64_t max_bytes = std::uint64_t{20} << 20U;  // of one file
        std::uint32_t max_files = 5;
    };

    // Goes on with the log that is there; a last line that a crash cut off is removed.
    static Result<LogWriter> open(Options options);

    // Complete lines are written; the beginning of one waits for its end.
    void append(Stream stream, std::span<const std::byte> bytes, std::int64_t time_ns);

    // Writes lines that have not ended, without a newline.
    void flush(std::int64_t time_ns);

    // Entries that could not be written.
    [[nodiscard]] std::uint64_t dropped() const { return all_dropped_; }

  private:
    explicit LogWriter(Options options) : options_(std::move(options)) {}

    Result<void> open_file_again();
    // Adds an entry to what is to be written, with the end that entry_end() gives.
    void add(std::string_view text, std::string_view end);
    // Writes what was added.
    void write(std::int64_t time_ns);
    void report_dropped(std::string_view time);
    Result<void> rotate();
    // Writes all of it or nothing.
    Result<void> write_whole(std::string_view lines);

    Options options_;
    UniqueFd file_;
    std::uint64_t size_ = 0;
    std::array<std::string, 2> partial_;  // by stream
    std::string lines_;
    std::uint64_t entries_ = 0;  // in lines_
    std::uint64_t dropped_ = 0;  // not told yet
    std::uint64_t all_dropped_ = 0;
    std::string drop_reason_;
};

}  // namespace bulkhead::logs
