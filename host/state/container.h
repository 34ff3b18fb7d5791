// One container's directory, held by the process that owns the container: its lock is held for as
// long as this object (or the process) lives, and that is how others know that it is alive.
// Thread: any one at a time.
#pragma once

#include <string>
#include <utility>

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
    // By its policy: it was not told to.
    Result<void> set_starting(bool by_policy = false);
    // `jail` and `started_from` as in Record.
    Result<void> set_running(pid_t vmm_pid, std::string health = {},
                             std::map<std::string, std::string> jail = {},
                             std::string started_from = {});
    Result<void> set_paused(bool paused);
    Result<void> set_stopping();
    // It ended as set_exited() says, and will be started again.
    Result<void> set_restarting(int exit_code, bool oom_killed, std::string error);
    Result<void> set_manually_stopped();
    Result<void> set_health(std::string health);
    Result<void> set_exited(int exit_code, bool oom_killed, std::string error = {});
    // The start failed: it is as it was before, but for the reason.
    Result<void> set_not_started(int exit_code, std::string error);

    // Owned for a while by a process that does not start it: only that is written down.
    Result<void> set_owner();

    // The container stays after this object is gone.
    void keep() { keep_ = true; }

    // As keep(), and from now on another process may own it.
    void release() {
        keep();
        lock_.reset();
    }

    // As keep(), and the lock is the caller's, for another process to adopt() it: in between nobody
    // else can own the container, or remove it.
    [[nodiscard]] UniqueFd hand_over() {
        keep();
        return std::move(lock_);
    }

    // Removes directory, name and log now, and says what went wrong.
    Result<void> remove();

  private:
    friend class StateStore;  // renames

    Result<void> write(const Record& record);

    std::string directory_;  // empty once removed
    std::string name_link_;
    std::string log_;
    UniqueFd lock_;
    Record record_;
    bool keep_ = false;
};

}  // namespace bulkhead::state
