// One user and group id from the range that Bulkhead's monitors run under, claimed for as long as a
// monitor lives: no two that run have the same.
//
// Each id in use has a file with a lock (flock) on it. The lock belongs to the open file, which the
// monitor inherits as its standard input, so it is free exactly when both the claimer and the
// monitor are gone, however they went. Thread: any.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::jail {

class UserSlot {
  public:
    // 2063597568: above what distributions and systemd give out, and a positive 32-bit number.
    static constexpr uid_t kFirst = 0x7B000000;
    static constexpr unsigned kCount = 65536;

    // `directory` is made if it does not exist; it must be the same for all of a host's monitors.
    static Result<UserSlot> claim(const std::string& directory);

    UserSlot(UserSlot&&) noexcept = default;
    UserSlot& operator=(UserSlot&&) = delete;
    UserSlot(const UserSlot&) = delete;
    UserSlot& operator=(const UserSlot&) = delete;
    // Free again, if the monitor is gone.
    ~UserSlot();

    [[nodiscard]] uid_t id() const { return id_; }

    // Empty, open for reading.
    [[nodiscard]] int lock() const { return lock_.get(); }

  private:
    UserSlot(uid_t id, std::string path, UniqueFd lock)
        : id_(id), path_(std::move(path)), lock_(std::move(lock)) {}

    static Result<std::optional<UserSlot>> try_claim(const std::string& directory, uid_t id);

    uid_t id_ = 0;
    std::string path_;
    UniqueFd lock_;
};

}  // namespace bulkhead::jail
