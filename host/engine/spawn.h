// Starts the supervisor of a container as a process of its own. Thread: main; start it before other
// threads exist (it forks).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/cgroup/place.h"

namespace bulkhead::engine {

// Where the supervisor finds its first client.
inline constexpr int kFirstClientDescriptor = 3;
// And the container's lock, if that was handed over.
inline constexpr int kLockDescriptor = 4;

// Before the container's cgroup among the supervisor's words, if that is in it.
inline constexpr std::string_view kCgroupWord = "cgroup=";

// Runs our own program with these words, in a session of its own and with nothing of ours but the
// connection, whose other end is given, and the lock, unless that is invalid. Its messages go to
// the file `log`. It is in the container's cgroup if there can be one at `place`.
Result<UniqueFd> spawn_supervisor(const std::vector<std::string>& words, const std::string& log,
                                  const UniqueFd& lock, const std::optional<cgroup::Place>& place);

}  // namespace bulkhead::engine
