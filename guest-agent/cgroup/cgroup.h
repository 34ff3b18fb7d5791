// Cgroup: one cgroup v2 directory that the agent made. Thread: any one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "guest-agent/cgroup/settings.h"

namespace bulkhead::agent {

class Cgroup {
  public:
    // Makes (or finds) the directory and opens it.
    static Result<Cgroup> create(std::string path);

    // For clone3's CLONE_INTO_CGROUP.
    [[nodiscard]] int fd() const { return directory_.get(); }

    [[nodiscard]] const std::string& path() const { return path_; }

    Result<void> write(std::string_view file, std::string_view value) const;
    Result<void> apply(std::span<const CgroupSetting> settings) const;

    // Sends a signal to every process in this cgroup and below.
    Result<void> signal_all(int signal) const;

    // Whether a process of it, or below it, was ended by the OOM killer since it was made.
    [[nodiscard]] bool oom_killed() const;

    // Stops its processes and those below it, or lets them go on; frozen() is true when the last
    // one has stopped.
    Result<void> set_frozen(bool frozen) const;
    [[nodiscard]] bool frozen() const;

    // Whether any process lives in it or below it.
    [[nodiscard]] bool populated() const;

  private:
    Cgroup(std::string path, UniqueFd directory)
        : path_(std::move(path)), directory_(std::move(directory)) {}

    [[nodiscard]] Result<std::string> read(std::string_view file) const;

    std::string path_;
    UniqueFd directory_;
};

// Lets the children of the cgroup at `path` use those controllers that the kernel has.
void enable_controllers(const std::string& path);

}  // namespace bulkhead::agent
