// Where cgroups are made. Bulkhead makes them itself, below one of its own or one that it is given,
// and asks no service manager to. Thread: any.
#pragma once

#include <string>

#include "base/result.h"

namespace bulkhead::cgroup {

inline constexpr const char* kMount = "/sys/fs/cgroup";
// Of root's containers.
inline constexpr const char* kDefaultParent = "/bulkhead";

// Where a container's cgroup is. It has no processes itself, but two children for them.
struct Place {
    std::string mount = kMount;
    std::string parent = kDefaultParent;  // below the mount
    std::string name;

    [[nodiscard]] std::string path() const;
};

// Below a container's cgroup: its machine's monitor, and its supervisor.
inline constexpr const char* kMachine = "/machine";
inline constexpr const char* kSupervisor = "/supervisor";

// An absolute path without "." and ".."; the error says what is wrong. Names that end in ".slice"
// or ".scope" are systemd's, which wants to be asked for cgroups in them.
Result<void> check_parent(const std::string& parent);

// Makes the container's cgroup with everything above it, and lets its children be limited in
// memory, processor time and threads, and where possible in I/O. An error: there is no cgroup v2,
// one of those controllers is missing, or this user may not.
Result<void> prepare(const Place& place);

}  // namespace bulkhead::cgroup
