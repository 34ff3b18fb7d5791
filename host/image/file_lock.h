// FileLock: an advisory lock (flock) that ends with the object, and with the process. Thread: any.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::image {

class FileLock {
  public:
    enum class Mode { Shared, Exclusive };

    // Waits. Makes the file if need be.
    static Result<FileLock> acquire(const std::string& path, Mode mode);
    // Nothing if somebody else holds it.
    static Result<std::optional<FileLock>> try_acquire(const std::string& path, Mode mode);

  private:
    explicit FileLock(UniqueFd file) : file_(std::move(file)) {}

    UniqueFd file_;
};

// Locks an open file exclusively, waiting for it.
Result<void> lock_exclusively(int fd);

// fsync of a directory: makes the names in it durable.
Result<void> sync_directory(const std::string& path);

// mkdir, if it is not there yet.
Result<void> make_directory(const std::string& path);

}  // namespace bulkhead::image
