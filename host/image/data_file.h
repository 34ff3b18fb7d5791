// DataFileWriter: writes the contents of a layer's files, one after another, each from a block
// boundary. Runs that a sparse file leaves out take no room on the host's disk. Thread: any one at
// a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "host/image/layer_entry.h"

namespace bulkhead::image {

class DataFileWriter {
  public:
    // `fd` is an empty file, and stays the caller's.
    explicit DataFileWriter(int fd);

    // Starts a file of `size` bytes. A sparse one is kept in chunks, so that a map of its chunks is
    // small however large it is.
    void begin_file(std::uint64_t size, bool sparse);
    // Where the next extent starts, in bytes: the current file, if none of it was written yet.
    [[nodiscard]] std::uint64_t position() const;
    // Bytes of the file; offsets only ever grow.
    Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
    // Where the file's bytes went.
    Result<std::vector<Extent>> end_file();

    // Writes what is buffered and gives the data file its final length, a whole number of blocks.
    // Gives that number.
    Result<std::uint64_t> finish();

  private:
    void finish_chunk();
    Result<void> append(std::uint64_t position, std::span<const std::byte> bytes);
    Result<void> flush();

    int fd_;
    std::vector<std::byte> buffer_;
    std::uint64_t buffer_position_ = 0;  // in the data file

    std::uint64_t next_block_ = 0;  // of the data file: where the next extent starts
    std::uint64_t size_ = 0;        // of the current file
    std::uint64_t chunk_bytes_ = 0;
    std::uint64_t end_ = 0;   // in the current file: behind its last byte that was written
    bool in_extent_ = false;  // the last extent's final chunk is still being written
    std::vector<Extent> extents_;
};

}  // namespace bulkhead::image
