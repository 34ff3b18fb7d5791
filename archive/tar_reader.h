// Reads a tar stream: ustar, pax, GNU's long names and GNU's sparse files as pax has them (1.0).
// The stream is untrusted: everything is bounded, and what is not understood is an error. Paths are
// as the archive has them; whoever makes files of them checks them. No encoding is converted, so
// nothing is loaded for it: this runs inside a hostile root. Thread: any one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "archive/byte_pipe.h"
#include "archive/entry.h"
#include "archive/pax.h"
#include "archive/tar_header.h"
#include "base/result.h"

namespace bulkhead::archive {

// What an archive without its end mark is: cut off, or as some programs write them.
enum class EndMark { Required, Optional };

class TarReader {
  public:
    TarReader(int fd, EndMark end_mark) : feed_(fd), end_mark_(end_mark) {}

    // The next member; what was not read of the one before is skipped. Nothing at the end.
    Result<std::optional<Entry>> next();

    struct Block {
        std::uint64_t offset = 0;
        std::span<const std::byte> bytes;  // valid until the next call
    };

    // The next bytes of the current file, holes left out. Nothing at its end.
    Result<std::optional<Block>> read();

    // Reads the stream to its end, behind the archive's, so that whoever writes it can finish. More
    // than archives are padded with is an error.
    Result<void> drain() { return feed_.drain(kMaxPadding); }

  private:
    static constexpr std::uint64_t kMaxPadding = std::uint64_t{16} << 20U;

    Result<std::optional<TarHeader>> read_header();
    Result<std::string> read_text(std::uint64_t size);
    // Whether the header was one that says more about the next member.
    Result<bool> take_extension(const TarHeader& header);
    Result<bool> take_records(const TarHeader& header, PaxRecords& records);
    Result<Entry> make_entry(const TarHeader& header);
    Result<void> begin_content(Entry& entry);
    Result<void> read_sparse_map(Entry& entry, std::uint64_t real_size);
    Result<std::uint64_t> read_map_number();

    ByteFeed feed_;
    EndMark end_mark_;
    PaxRecords global_;
    PaxRecords local_;
    std::optional<std::string> long_name_;
    std::optional<std::string> long_link_;
    std::uint64_t left_ = 0;     // stored bytes of the current member
    std::uint64_t padding_ = 0;  // behind them
    std::vector<Run> runs_;      // of the current file that are not read yet
    std::size_t run_ = 0;
};

}  // namespace bulkhead::archive
