#include "tools/bulkhead/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace bulkhead::cli {

Result<FolderWatch> FolderWatch::of(const std::string& folder) {
    UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!watch.valid() ||
        ::inotify_add_watch(watch.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
        return errno_error("watch " + folder);
    return FolderWatch(std::move(watch));
}

void FolderWatch::wait() const {
    constexpr int kMilliseconds = 1000;
    pollfd ready{watch_.get(), POLLIN, 0};
    ::poll(&ready, 1, kMilliseconds);
    std::array<char, 4096> events{};
    while (::read(watch_.get(), events.data(), events.size()) > 0) {
    }
}

}  // namespace bulkhead::cli
