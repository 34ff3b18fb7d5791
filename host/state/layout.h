// Names of files below Paths, and how a container's go away. For this folder only.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/state/record.h"

namespace bulkhead::state {

inline constexpr const char* kContainersFolder = "containers";  // under root and under state
inline constexpr const char* kNamesFolder = "names";            // under root: name -> id, a symlink
inline constexpr const char* kLogsFolder = "logs";              // under root: <id>.log, .log.1, ...
inline constexpr const char* kSocketsFolder = "sockets";        // under state: <id>.sock
inline constexpr const char* kStateFile = "state.json";
inline constexpr const char* kLockFile = "lock";
// A directory that is being made, and has no lock yet that others could see.
inline constexpr const char* kNewPrefix = ".new-";

// Names this boot of the host; another one after each.
std::string host_boot_id();

Result<Record> read_record(const std::string& directory);

// Removes the directory, and the name before it if it still is this container's: a name is free as
// soon as its container can no longer be found by it.
Result<void> remove_container_files(const std::string& directory, const std::string& name_link);

// LOG, LOG.1, LOG.2, ...
void remove_log_files(const std::string& log);

// The cgroup that a killed supervisor left, with a monitor that dies this moment. One that is about
// to end is waited for.
void remove_cgroup(const Record& record);

// The lock belongs to the open file, as flock's does, but can also be looked at without taking it.
// Takes it if nobody holds it: false when somebody does.
Result<bool> try_lock(const UniqueFd& lock);
// Whether somebody else holds the lock of this container's directory.
[[nodiscard]] bool lock_is_held(const std::string& directory);

}  // namespace bulkhead::state
