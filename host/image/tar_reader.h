// TarReader: the entries of a tar stream (ustar, pax, GNU), read by libarchive. Only libarchive's
// tar format and no filter of its own is enabled, and nothing is ever written to the host's file
// system. Thread: any one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "host/image/byte_source.h"
#include "host/image/layer_entry.h"

namespace bulkhead::image {

class TarReader {
  public:
    // `source` is borrowed. An empty stream is an archive without entries.
    static Result<std::unique_ptr<TarReader>> open(ByteSource& source);
    // The same for an uncompressed archive in a seekable file, whose members' data is skipped by
    // seeking.
    static Result<std::unique_ptr<TarReader>> open_file(int fd);

    TarReader(const TarReader&) = delete;
    TarReader& operator=(const TarReader&) = delete;
    ~TarReader();

    // The next entry, its names as the archive has them, without extents; nothing at the end. Data
    // of the entry before it that was not read is skipped.
    Result<std::optional<LayerEntry>> next();

    struct Block {
        std::uint64_t offset = 0;
        std::span<const std::byte> bytes;  // valid until the next call
    };

    // The next run of the entry's data, holes left out; nothing at its end.
    Result<std::optional<Block>> read_block();

    // Where the current entry's data starts in the stream.
    [[nodiscard]] std::uint64_t data_offset() const;
    // Whether the current entry's data lies in the stream as one run: no sparse map.
    [[nodiscard]] bool contiguous() const;

  private:
    class Implementation;
    explicit TarReader(std::unique_ptr<Implementation> implementation);

    std::unique_ptr<Implementation> implementation_;
};

}  // namespace bulkhead::image
