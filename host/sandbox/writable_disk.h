// A container's writable disk: an ext4 file system in a sparse file, which takes space on the host
// only as the container writes. Thread: any; it may start mke2fs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::sandbox {

struct WritableDisk {
    static constexpr std::uint64_t kSmallest = std::uint64_t{64} << 20U;
    static constexpr std::uint64_t kLargest = std::uint64_t{16} << 40U;  // ext4 with 4 KiB blocks

    std::uint64_t size = 0;  // a multiple of 4096; the template's size needs no mke2fs
    std::string template_path;
    // The directory that the file is made in, and its name there; without a name it has none at all
    // and goes with its last descriptor, whatever happens to us.
    std::string directory;
    std::optional<std::string> name;
};

// Its file, with nothing in it yet.
Result<UniqueFd> make_disk_file(const WritableDisk& disk);

// The formatted disk, open for reading and writing.
Result<UniqueFd> make_writable_disk(const WritableDisk& disk);

}  // namespace bulkhead::sandbox
