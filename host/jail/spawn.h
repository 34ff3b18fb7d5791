// Starts a monitor in its jail: a user id of its own, namespaces, an empty root, no privileges, and
// gone when its owner is. Layers that this host does not give are left out and named.
// docs/jail.md. Thread: any one at a time; it makes a copy of the process, as fork() does.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/cgroup/group.h"
#include "host/jail/layer.h"
#include "host/jail/user_slot.h"

namespace bulkhead::jail {

// Where the user ids in use are noted, when root starts monitors. One place for all of a host's.
inline constexpr const char* kUserSlots = "/run/bulkhead-users";

// The machine's cgroup.
struct CgroupOptions {
    cgroup::Place place;
    cgroup::Limits limits;
    bool required = false;  // somebody named the place: an error if it cannot be made there
};

struct Options {
    std::string user_slots = kUserSlots;  // empty: the starter's own user
    // A missing layer is an error.
    bool required = false;
    // For monitors that tests write, which need files: scripts, and programs that are not static.
    bool sees_files = false;
    // No regular file becomes larger than this by what it writes.
    std::uint64_t file_bytes = UINT64_MAX;
    // Nothing: the starter's own.
    std::optional<CgroupOptions> cgroup = std::nullopt;
    // Why the starter itself is not confined; empty: it is.
    std::string unconfined_starter = "not asked for";
};

struct Program {
    std::string path;
    int error_output = -1;  // becomes 2
    int control = -1;       // becomes 3; 0 and 1 lead nowhere
};

struct Prisoner {
    pid_t pid = -1;
    UniqueFd pidfd;
    Report report;
    std::optional<UserSlot> user;  // both must be kept for as long as the process lives
    std::optional<cgroup::Group> cgroup;
};

// An error with the reason when the program cannot be executed; nothing runs then. It has no
// arguments and no environment, and is killed when the calling thread ends.
Result<Prisoner> spawn(const Program& program, const Options& options);

}  // namespace bulkhead::jail
