#include "archive/directory.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/unique_fd.h"

namespace bulkhead::archive {

Result<std::vector<std::string>> names_in(int directory) {
    // A description of its own: the position is shared by duplicates.
    UniqueFd copy(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!copy.valid()) return errno_error("listing");
    DIR* const stream = ::fdopendir(copy.get());
    if (stream == nullptr) return errno_error("listing");
    static_cast<void>(copy.release());
    const std::unique_ptr<DIR, int (*)(DIR*)> owner(stream, ::closedir);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
        std::string name(static_cast<const char*>(entry->d_name));
        if (name != "." && name != "..") names.push_back(std::move(name));
    }
    if (errno != 0) return errno_error("listing");
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace bulkhead::archive
