// Where cgroups are made. Bulkhead makes them itself, below one of its own or one that it is given,
// and asks no service manager to. Thread: any.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::cgroup {

inline constexpr const char* kMount = "/sys/fs/cgroup";
// Of root's machines, and of their supervisors.
inline constexpr const char* kDefaultParent = "/bulkhead";

struct Place {
    std::string mount = kMount;
    std::string parent = kDefaultParent;  // below the mount
    std::string name;

    [[nodiscard]] std::string path() const;
};

// An absolute path without "." and ".."; the error says what is wrong. Names that end in ".slice"
// or ".scope" are systemd's, which wants to be asked for cgroups in them.
Result<void> check_parent(const std::string& parent);

// Makes the parent with everything above it, and lets its children be limited in memory, processor
// time and threads, and where possible in I/O. An error: there is no cgroup v2, one of those
// controllers is missing, or this user may not.
Result<void> prepare_parent(const Place& place);

// The cgroup of all supervisors, for CLONE_INTO_CGROUP: it is nobody's session or service, whose
// end would end them. Bounded in threads, so that one that was taken over cannot fill the host's
// table of processes.
Result<UniqueFd> open_supervisors();

}  // namespace bulkhead::cgroup
