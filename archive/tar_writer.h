// Writes a tar stream: ustar headers, with pax headers for what they cannot say (long names, times
// below a second, large numbers, extended attributes, sparse files as GNU tar 1.0 has them).
//
//   TarWriter tar(fd);
//   TRY(tar.add(entry)); TRY(tar.write(bytes));  // as many bytes as the entry promises
//   TRY(tar.finish());
//
// Thread: any one at a time.
#pragma once

#include <cstdint>
#include <span>

#include "archive/byte_pipe.h"
#include "archive/entry.h"
#include "base/result.h"

namespace bulkhead::archive {

class TarWriter {
  public:
    // The descriptor blocks, and stays the caller's.
    explicit TarWriter(int fd) : sink_(fd) {}

    // A file's bytes follow by write(): all of them, or those of its runs.
    Result<void> add(const Entry& entry);
    Result<void> write(std::span<const std::byte> bytes);
    // Fills what the current file's bytes still lack with zeroes: it became shorter while it was
    // read.
    Result<void> fill();
    // The end of the archive. A reader takes a stream without one for a failed one.
    Result<void> finish();

    // What the current file still lacks.
    [[nodiscard]] std::uint64_t left() const { return left_; }

    // Bytes of the archive so far.
    [[nodiscard]] std::uint64_t count() const { return sink_.count(); }

  private:
    Result<void> add_extended(const Entry& entry, const std::string& map);
    Result<void> pad();

    ByteSink sink_;
    std::uint64_t left_ = 0;
};

}  // namespace bulkhead::archive
