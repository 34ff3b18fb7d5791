// A stream of bytes to or from a descriptor, through a buffer. Thread: any one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace bulkhead::archive {

inline constexpr std::size_t kPipeBytes = 128 * 1024;

// The descriptor blocks, and stays the caller's.
class ByteSink {
  public:
    explicit ByteSink(int fd) : fd_(fd) {}

    Result<void> write(std::span<const std::byte> bytes);
    Result<void> flush();

    // Bytes so far.
    [[nodiscard]] std::uint64_t count() const { return count_; }

  private:
    int fd_;
    std::vector<std::byte> buffer_;
    std::uint64_t count_ = 0;
};

class ByteFeed {
  public:
    explicit ByteFeed(int fd) : fd_(fd), buffer_(kPipeBytes) {}

    // At least one byte and at most `most`, valid until the next call; none at the end.
    Result<std::span<const std::byte>> take(std::size_t most);
    // Exactly as many as asked for. None at all when the stream ended before the first; ending in
    // between is an error.
    Result<std::size_t> fill(std::span<std::byte> target);
    Result<void> skip(std::uint64_t count);
    // Reads and forgets all that is left; more than `most` is an error.
    Result<void> drain(std::uint64_t most);

  private:
    int fd_;
    std::vector<std::byte> buffer_;
    std::size_t start_ = 0;
    std::size_t end_ = 0;
};

}  // namespace bulkhead::archive
