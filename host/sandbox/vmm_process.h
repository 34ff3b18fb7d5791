// One bulkhead-vmm process in its jail: started with exactly descriptors 0 to 3, watched by a
// pidfd, and gone when this object is. Thread: any one at a time.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/jail/spawn.h"

namespace bulkhead::sandbox {

// How a process ended, by wait status.
struct ProcessEnd {
    int exit_code = 0;
    int signal = 0;              // 0: it exited by itself
    bool out_of_memory = false;  // the host's kernel ended it for its cgroup's memory.max
};

class VmmProcess {
  public:
    // Starts `program` with no arguments and an empty environment, in a session of its own (the
    // terminal's signals are not for it): 0 and 1 lead nowhere, 2 is a pipe to us, 3 is `control`.
    // It is killed when the calling thread ends.
    static Result<VmmProcess> spawn(const std::string& program, const UniqueFd& control,
                                    const jail::Options& options);

    VmmProcess(VmmProcess&&) noexcept = default;
    VmmProcess& operator=(VmmProcess&&) = delete;
    VmmProcess(const VmmProcess&) = delete;
    VmmProcess& operator=(const VmmProcess&) = delete;
    // Kills and reaps it if it has not been reaped.
    ~VmmProcess();

    [[nodiscard]] pid_t pid() const { return prisoner_.pid; }

    // Becomes readable when the process has ended.
    [[nodiscard]] int pidfd() const { return prisoner_.pidfd.get(); }

    // What the process writes to standard error; non-blocking.
    [[nodiscard]] int error_output() const { return error_output_.get(); }

    // Which layers its jail has.
    [[nodiscard]] const jail::Report& jail() const { return prisoner_.report; }

    // Other limits for its cgroup. An error if it has none.
    Result<void> set_limits(const cgroup::Limits& limits) const;

    void kill() const;

    // Waits for the end, once. Its cgroup is gone after that.
    Result<ProcessEnd> reap();

  private:
    VmmProcess(jail::Prisoner prisoner, UniqueFd error_output);

    jail::Prisoner prisoner_;  // its pidfd is invalid once it has been reaped
    UniqueFd error_output_;
};

}  // namespace bulkhead::sandbox
