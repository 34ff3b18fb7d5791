#include "host/image/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/syscalls.h"

namespace bulkhead::image {

namespace {

int lock(int fd, int operation) {
    int status = 0;
    do {
        status = ::flock(fd, operation);
    } while (status != 0 && errno == EINTR);
    return status;
}

int operation_for(FileLock::Mode mode) {
    return mode == FileLock::Mode::Shared ? LOCK_SH : LOCK_EX;
}

constexpr mode_t kLockFileMode = 0600;

}  // namespace

Result<FileLock> FileLock::acquire(const std::string& path, Mode mode) {
    UniqueFd file = TRY(open_file(path, O_RDWR | O_CREAT, kLockFileMode));
    if (lock(file.get(), operation_for(mode)) != 0) return errno_error("locking " + path);
    return FileLock(std::move(file));
}

Result<std::optional<FileLock>> FileLock::try_acquire(const std::string& path, Mode mode) {
    UniqueFd file = TRY(open_file(path, O_RDWR | O_CREAT, kLockFileMode));
    if (lock(file.get(), operation_for(mode) | LOCK_NB) == 0) {
        return std::optional<FileLock>(FileLock(std::move(file)));
    }
    if (errno == EWOULDBLOCK) return std::optional<FileLock>();
    return errno_error("locking " + path);
}

Result<void> lock_exclusively(int fd) {
    if (lock(fd, LOCK_EX) != 0) return errno_error("flock");
    return {};
}

Result<void> sync_directory(const std::string& path) {
    const UniqueFd directory = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    if (::fsync(directory.get()) != 0) return errno_error("fsync " + path);
    return {};
}

Result<void> make_directory(const std::string& path) {
    constexpr mode_t kOwnerOnly = 0700;
    if (::mkdir(path.c_str(), kOwnerOnly) != 0 && errno != EEXIST)
        return errno_error("mkdir " + path);
    return {};
}

}  // namespace bulkhead::image
