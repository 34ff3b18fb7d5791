// Reads a container's log from the oldest entry that is asked for to the newest, over the files
// that it was rotated into, and goes on when more is written. Damaged lines are skipped. Thread:
// any one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/logs/log_entry.h"

namespace bulkhead::logs {

class LogReader {
  public:
    struct Options {
        std::string path;
        std::optional<std::uint64_t> tail;  // so many entries from the end
        std::optional<std::int64_t> since;  // nanoseconds since 1970
        std::optional<std::int64_t> until;
    };

    // A log that does not exist (yet) is empty.
    static Result<LogReader> open(Options options);

    // Nothing: that is all there is now. Later calls give what has been written since, rotated or
    // not.
    Result<std::optional<Entry>> next();

    // Lines that were no entries.
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

  private:
    explicit LogReader(Options options) : options_(std::move(options)) {}

    // The place from which `tail` entries are left.
    Result<void> seek_tail(std::uint64_t tail);
    // False: there is no such file.
    Result<bool> open_number(std::uint32_t number);
    [[nodiscard]] Result<std::uint32_t> oldest_number() const;
    // Whether the file that is read may still grow.
    [[nodiscard]] bool is_newest() const;
    // Goes to the file that was begun after the one that is read. False: there is none.
    Result<bool> next_file();
    void drop_torn_line();
    Result<std::optional<std::string>> next_line();
    Result<bool> fill();

    Options options_;
    UniqueFd file_;
    std::uint64_t offset_ = 0;  // of what comes after buffer_
    std::string buffer_;
    std::size_t start_ = 0;  // of the next line in it
    bool overlong_ = false;  // the rest of a line that is skipped comes first
    std::uint64_t skipped_ = 0;
};

}  // namespace bulkhead::logs
