// What is on a file system, as members of an archive. Thread: any.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string_view>
#include <vector>

#include "archive/entry.h"
#include "base/result.h"

namespace bulkhead::archive {

// Everything that stat tells; path and target are the caller's to fill. Nothing for a socket, which
// archives do not have.
std::optional<Entry> entry_of(const struct stat& status);

// Those that a copy keeps: the user's own, capabilities, and ACLs.
[[nodiscard]] bool keeps_xattr(std::string_view name);
Result<std::vector<Xattr>> read_xattrs(int fd);

// Where a file's bytes are, if it has holes that are worth a map.
Result<std::optional<std::vector<Run>>> find_runs(int fd, const struct stat& status);

// The text of a symbolic link.
Result<std::string> read_link(int directory, const std::string& leaf);

}  // namespace bulkhead::archive
