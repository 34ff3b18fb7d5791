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
    Container(std::string directory, std::string name_link, UniqueFd lock, Record record);
    Container(Container&&) noexcept = default;
    Container& operator=(Container&&) = delete;
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;
    // Removes the container unless keep() was called: whatever fails before, nothing is left.
    ~Container();

    [[nodiscard]] const std::string& directory() const { return directory_; }

    [[nodiscard]] const Record& record() const { return record_; }

    Result<void> set_running(pid_t vmm_pid);
    Result<void> set_exited(int exit_code);

    // The container stays after this object is gone.
    void keep() { keep_ = true; }

    // Removes directory and name now, and says what went wrong.
    Result<void> remove();

  private:
    Result<void> write(const Record& record);

    std::string directory_;  // empty once removed
    std::string name_link_;
    UniqueFd lock_;
    Record record_;
    bool keep_ = false;
};

}  // namespace bulkhead::state
