// The container's cgroup that a supervisor is in: it goes when the supervisor has ended.
// docs/limits.md. Thread: loop, or main before there is one.
#pragma once

#include <string>
#include <utility>

namespace bulkhead::engine {

class OwnCgroup {
  public:
    // Empty: it is in none of its own.
    explicit OwnCgroup(std::string path) : path_(std::move(path)) {}

    OwnCgroup(const OwnCgroup&) = delete;
    OwnCgroup& operator=(const OwnCgroup&) = delete;

    ~OwnCgroup() { remove_after_us(); }

    // Sees to it that the cgroup goes after this process, which ends soon. Later calls do nothing.
    void remove_after_us();

  private:
    std::string path_;
};

}  // namespace bulkhead::engine
