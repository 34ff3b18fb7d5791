// ByteSource: a stream of bytes that is read once, front to back. Sources stack: a file range, its
// hash, its decompression, the hash of that. Thread: any one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"
#include "host/image/digest.h"

namespace bulkhead::image {

class ByteSource {
  public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    // Reads at least one byte into a buffer that is not empty; 0 only at the end.
    virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;
};

// `size` bytes of an open file from `offset`. The descriptor stays the caller's. A file that ends
// early is an error.
class FileSource : public ByteSource {
  public:
    FileSource(int fd, std::uint64_t offset, std::uint64_t size)
        : fd_(fd), offset_(offset), left_(size) {}

    Result<std::size_t> read(std::span<std::byte> buffer) override;

  private:
    int fd_;
    std::uint64_t offset_;
    std::uint64_t left_;
};

// Bytes in memory, which must outlive the source.
class MemorySource : public ByteSource {
  public:
    explicit MemorySource(std::span<const std::byte> bytes) : rest_(bytes) {}

    Result<std::size_t> read(std::span<std::byte> buffer) override;

  private:
    std::span<const std::byte> rest_;
};

// Passes another source through, hashes it, and fails when it gives more than `limit` bytes.
class HashingSource : public ByteSource {
  public:
    HashingSource(ByteSource& source, DigestAlgorithm algorithm, std::uint64_t limit)
        : source_(source), hasher_(algorithm), limit_(limit) {}

    Result<std::size_t> read(std::span<std::byte> buffer) override;

    [[nodiscard]] std::uint64_t count() const { return count_; }

    // Reads what is left, and gives the digest of everything. Once.
    Result<Digest> finish();

    // Called with count() after each read.
    void on_progress(std::function<void(std::uint64_t)> callback) {
        progress_ = std::move(callback);
    }

  private:
    ByteSource& source_;
    Hasher hasher_;
    std::uint64_t limit_;
    std::uint64_t count_ = 0;
    std::function<void(std::uint64_t)> progress_;
};

}  // namespace bulkhead::image
