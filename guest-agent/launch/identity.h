// Who the process runs as, and where. Thread: the child's only one, inside the container.
#pragma once

#include <string>

#include "base/result.h"
#include "guest-agent/user/lookup.h"

namespace bulkhead::oci::v1 {
class Process;
}

namespace bulkhead::agent {

// Reads /etc/passwd and /etc/group, which are the container's, where they are needed.
Result<Identity> find_identity(const oci::v1::Process& process);

// The standard streams get the user as owner, so that /dev/stdout can be opened again by name.
Result<void> give_streams_to(std::uint32_t uid);

// setgroups, setgid, setuid; keeps the permitted capabilities.
Result<void> assume_identity(const Identity& identity);

// As in runc: entered before the change of user, so that a directory that only root may enter
// works; and after it when root may not (a network file system with root squash).
class WorkingDirectory {
  public:
    explicit WorkingDirectory(std::string path) : path_(path.empty() ? "/" : std::move(path)) {}

    Result<void> enter_as_root();
    Result<void> enter_as_user();

  private:
    std::string path_;
    bool entered_ = false;
};

}  // namespace bulkhead::agent
