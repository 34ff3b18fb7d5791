#include "host/image/data_file.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;

constexpr std::uint64_t blocks_for(std::uint64_t bytes) {
    return bytes / kBlockSize + (bytes % kBlockSize != 0);
}

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t to) {
    return (value + to - 1) / to * to;
}

}  // namespace

DataFileWriter::DataFileWriter(int fd) : fd_(fd) {
    buffer_.reserve(kBufferBytes);
}

void DataFileWriter::begin_file(std::uint64_t size, bool sparse) {
    size_ = size;
    end_ = 0;
    in_extent_ = false;
    extents_.clear();
    chunk_bytes_ = kBlockSize;
    while (sparse && size / chunk_bytes_ >= kMaxFileChunks) chunk_bytes_ *= 2;
}

std::uint64_t DataFileWriter::position() const {
    return next_block_ * kBlockSize;
}

Result<void> DataFileWriter::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (bytes.empty()) return {};
    if (offset < end_ || offset > size_ || bytes.size() > size_ - offset) {
        return Error("data outside of the file's declared size, or out of order");
    }
    if (in_extent_ && offset >= round_up(end_, chunk_bytes_) && offset != end_) finish_chunk();
    if (!in_extent_) {
        const std::uint64_t first = offset / chunk_bytes_ * chunk_bytes_ / kBlockSize;
        const bool continues =
            !extents_.empty() && extents_.back().file_block + extents_.back().blocks == first;
        if (!continues) extents_.push_back({first, next_block_, 0});
        in_extent_ = true;
    }
    const Extent& extent = extents_.back();
    TRY(append((extent.data_block - extent.file_block) * kBlockSize + offset, bytes));
    end_ = offset + bytes.size();
    return {};
}

// Ends the chunk that is being written: the rest of it belongs to the extent, as zeros.
void DataFileWriter::finish_chunk() {
    if (!in_extent_) return;
    const std::uint64_t last =
        std::min(round_up(end_, chunk_bytes_), blocks_for(size_) * kBlockSize);
    Extent& extent = extents_.back();
    extent.blocks = last / kBlockSize - extent.file_block;
    next_block_ = extent.data_block + extent.blocks;
    in_extent_ = false;
}

Result<std::vector<Extent>> DataFileWriter::end_file() {
    finish_chunk();
    if (next_block_ > kMaxLayerDataBytes / kBlockSize) {
        return Error(concat("more than ", bytes_text(kMaxLayerDataBytes), " of file contents"));
    }
    return std::exchange(extents_, {});
}

Result<void> DataFileWriter::append(std::uint64_t position, std::span<const std::byte> bytes) {
    const std::uint64_t buffered_end = buffer_position_ + buffer_.size();
    const std::uint64_t gap = position - buffered_end;
    if (gap < kBlockSize &&
        gap + bytes.size() <= kBufferBytes - std::min(kBufferBytes, buffer_.size())) {
        buffer_.resize(buffer_.size() + gap);
    } else {
        TRY(flush());
        buffer_position_ = position;
    }
    if (bytes.size() >= kBufferBytes) {
        buffer_position_ = position + bytes.size();
        return pwrite_full(fd_, bytes, position);
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return {};
}

Result<void> DataFileWriter::flush() {
    TRY(pwrite_full(fd_, buffer_, buffer_position_));
    buffer_position_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<std::uint64_t> DataFileWriter::finish() {
    TRY(flush());
    if (ftruncate(fd_, static_cast<off_t>(next_block_ * kBlockSize)) != 0)
        return errno_error("ftruncate");
    return next_block_;
}

}  // namespace bulkhead::image
