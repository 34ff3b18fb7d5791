// docker's --tmpfs: "/path[:option,...]", always nosuid, nodev and noexec unless an option says
// otherwise. Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::runtime {

struct Tmpfs {
    std::string destination;  // absolute, without "." and ".."
    std::vector<std::string> options;
};

Result<Tmpfs> parse_tmpfs(std::string_view text);

// An absolute path with "." and ".." and double slashes resolved by text alone; nothing else is
// absolute.
Result<std::string> clean_absolute_path(std::string_view path);

}  // namespace bulkhead::runtime
