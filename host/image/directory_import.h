// Reads a directory of the host into a data file and an index, as a layer is read from a tar: for a
// runtime bundle's root. No symbolic link is followed, so nothing outside of it is read; owners,
// modes, times, hard links and extended attributes are kept. Sockets are left out. Thread: any one
// at a time.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/layer_index.h"

namespace bulkhead::image {

// `data_fd` is an empty file that receives the files' contents; it stays the caller's.
Result<LayerIndex> import_directory(const std::string& directory, int data_fd);

// The same, and the EROFS metadata of the file system, whose data is expected behind it.
Result<std::vector<std::byte>> compose_directory(const std::string& directory, int data_fd);

}  // namespace bulkhead::image
