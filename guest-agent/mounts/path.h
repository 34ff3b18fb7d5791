// Paths inside a container's root, resolved as the container would see them: ".." stops at the root
// and an absolute symbolic link starts there, whatever the image contains. Thread: any one at a
// time for each root; nothing else may be changing it.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::agent {

// What to do about a path, or the target of a link, that does not exist. Directories on the way are
// made too.
enum class IfMissing { Fail, MakeDirectory, MakeFile };

// An O_PATH descriptor of what `path` leads to, links followed. `root` is a directory.
Result<UniqueFd> open_in_root(int root, std::string_view path, IfMissing if_missing);

// The directory that holds the last component of `path`, made if missing.
Result<UniqueFd> open_parent_in_root(int root, std::string_view path);

// What follows the last slash; empty when the path ends in one.
std::string_view last_component(std::string_view path);

}  // namespace bulkhead::agent
