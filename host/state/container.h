// One container's directory, held by the process that owns the container: its lock is held for as
// long as this object (or the process) lives, and that is how others know that it is alive.
// Thread: any one at a time.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/state/record.h"

namespace bulkhead::state {

class Container {
  public:
    // Only StateStore makes these.
    Container(std::string directory, std::string name_link, std::string log, UniqueFd lock,
              Record record);
    Container(Container&&) noexcept = default;
    Container& operator=(Container&&) = delete;
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;
    // Removes the container unless keep() was called: whatever fails before, nothing is left.
    ~Container();

    [[nodiscard]] const std::string& directory() const { return directory_; }

    [[nodiscard]] const Record& record() const { return record_; }

    // Each writes the new state down, and leaves the old one when it cannot.
    Result<void> set_starting();
    Result<void> set_running(pid_t vmm_pid);
    Result<void> set_stopping();
    Result<void> set_exited(int exit_code, bool oom_killed, std::string error = {});
    // The start failed: it is as it was before, but for the reason.
    Result<void> set_not_started(int exit_code, std::string error);

    // The container stays after this object is gone.
    void keep() { keep_ = true; }

    // As keep(), and from now on another process may own it.
    void release() {
        keep();
        lock_.reset();
    }

    // Removes directory, name and log now, and says what went wrong.
    Result<void> remove();

  private:
    Result<void> write(const Record& record);

    std::string directory_;  // empty once removed
    std::string name_link_;
    std::string log_;
    UniqueFd lock_;
    Record record_;
    bool keep_ = false;
};

}  // namespace bulkhead::state
