// BlobContainer: the files of an image as somebody handed it over, in a directory or in an archive.
// Names inside are relative paths that the caller has built from checked parts. Thread: any one at
// a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::image {

// A run of bytes in an open file.
struct Blob {
    std::shared_ptr<const UniqueFd> file;  // shared by all members of one archive
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

class BlobContainer {
  public:
    BlobContainer() = default;
    BlobContainer(const BlobContainer&) = delete;
    BlobContainer& operator=(const BlobContainer&) = delete;
    virtual ~BlobContainer() = default;

    // ENOENT when there is none of that name.
    virtual Result<Blob> open(const std::string& name) = 0;

    Result<bool> contains(const std::string& name);
    // The whole of a small file, of at most kMaxJsonBytes.
    Result<std::string> read(const std::string& name);
};

// A directory. Symbolic links inside are not followed, and nothing outside is reached (openat2).
Result<std::unique_ptr<BlobContainer>> open_directory_container(const std::string& path);

// A tar archive, possibly compressed: then it is decompressed once, into an unnamed file in
// `scratch_directory`. Symbolic links between members, which old versions of docker save write, are
// resolved.
Result<std::unique_ptr<BlobContainer>> open_archive_container(const std::string& path,
                                                              const std::string& scratch_directory);

}  // namespace bulkhead::image
