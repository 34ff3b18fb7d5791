#include "host/jail/user_slot.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::jail {

namespace {

// Whether the path still names the file that is locked: another one may have removed it between the
// opening and the lock.
bool is_at(const UniqueFd& file, const std::string& path) {
    struct stat opened {};

    struct stat named {};

    return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

Result<UserSlot> UserSlot::claim(const std::string& directory) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return errno_error("make " + directory);
    // From a place of its own, so that many that start at once seldom meet.
    const auto start = static_cast<unsigned>(::getpid()) % kCount;
    for (unsigned i = 0; i < kCount; ++i) {
        auto claimed = TRY(try_claim(directory, kFirst + (start + i) % kCount));
        if (claimed) return *std::move(claimed);
    }
    return Error(concat("all ", kCount, " user ids are in use"));
}

Result<std::optional<UserSlot>> UserSlot::try_claim(const std::string& directory, uid_t id) {
    std::string path = concat(directory, "/", id);
    while (true) {
        UniqueFd file = TRY(open_file(path, O_RDONLY | O_CREAT | O_NOFOLLOW, 0600));
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EINTR) continue;
            if (errno == EWOULDBLOCK) return std::optional<UserSlot>();
            return errno_error("lock " + path);
        }
        if (is_at(file, path)) return std::optional(UserSlot(id, std::move(path), std::move(file)));
    }
}

UserSlot::~UserSlot() {
    // While it is locked still, so that nobody else's file is removed.
    if (lock_.valid()) ::unlink(path_.c_str());
}

}  // namespace bulkhead::jail
