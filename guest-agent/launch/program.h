// The program to execute: found on the process's PATH as its user, with its arguments and
// environment. Messages are runc's. Thread: the child's only one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "guest-agent/launch/failure.h"

namespace bulkhead::oci::v1 {
class Process;
}

namespace bulkhead::agent {

class Program {
  public:
    // Looks it up. HOME is added to the environment if it is not in there.
    Program(const oci::v1::Process& process, const std::string& home);

    // Why it cannot be executed, as far as can be told before trying.
    [[nodiscard]] const std::optional<LaunchFailure>& failure() const { return failure_; }

    [[nodiscard]] const std::string& path() const { return path_; }

    // Returns only when it fails. Makes no system call but execve.
    [[nodiscard]] LaunchFailure execute();

  private:
    void find(const std::string& name);
    void check(const std::string& name);

    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::string path_;
    std::optional<LaunchFailure> failure_;
};

}  // namespace bulkhead::agent
