// What there is to know about the files of an open directory, by descriptor: no symbolic link is
// followed. Thread: any.
#pragma once

#include <fcntl.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/layer_entry.h"

namespace bulkhead::image {

inline constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// Sorted, so that the same directory gives the same image.
Result<std::vector<std::string>> names_in(int directory);

// Those that an image keeps, of the file itself.
Result<std::vector<Xattr>> xattrs_of(int directory, const std::string& name);

// The text of a symbolic link.
Result<std::string> link_target(int directory, const std::string& name);

}  // namespace bulkhead::image
