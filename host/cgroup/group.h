// The cgroup of one machine's monitor, in its container's: made before the process, which is cloned
// into it, and removed after it. Thread: any one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/cgroup/limits.h"
#include "host/cgroup/place.h"

namespace bulkhead::cgroup {

class Group {
  public:
    // What a killed supervisor left in its place is ended and removed first. `place` is the
    // container's; limits on processor time hold there.
    static Result<Group> make(const Place& place, const Limits& limits);

    Group(Group&& other) noexcept
        : path_(std::exchange(other.path_, {})), directory_(std::move(other.directory_)) {}

    Group& operator=(Group&&) = delete;
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    // Removes it. It must be empty by then.
    ~Group();

    // The machine's, for CLONE_INTO_CGROUP.
    [[nodiscard]] int fd() const { return directory_.get(); }

    // The container's.
    [[nodiscard]] const std::string& path() const { return path_; }

    // Moves a process into it, where it could not be cloned into it.
    Result<void> take(pid_t process) const;

    // Other limits. An error names the file that was not taken; those before it hold.
    Result<void> set(const Limits& limits) const;

    // How many times the kernel killed for memory.max.
    [[nodiscard]] std::uint64_t memory_kills() const;

  private:
    explicit Group(std::string path) : path_(std::move(path)) {}

    // `file` begins with /, which is the container's cgroup.
    Result<void> write(const std::string& file, const std::string& value) const;

    std::string path_;
    UniqueFd directory_;
};

// Removes a container's cgroup whose owner has ended or was killed. A supervisor that is about to
// end is let do so; who is left after some seconds is ended. No error if it is not there.
Result<void> remove_leftover(const std::string& path);

}  // namespace bulkhead::cgroup
