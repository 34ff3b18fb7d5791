// Hooks of the spec that run inside the container before its program does. Thread: the child's only
// one.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::agent::v1 {
class StartRequest;
}

namespace bulkhead::oci::v1 {
class Hooks;
}

namespace bulkhead::agent {

// The container's state as hooks read it: runtime-spec, runtime.md "State". `pid` 0: none.
std::string container_state(const v1::StartRequest& start, std::string_view status, pid_t pid);

// A memory file with that text, at its beginning, for a hook's standard input.
Result<UniqueFd> state_file(const std::string& state);

// The first that fails, or takes longer than it may, ends the container's start.
Result<void> run_create_hooks(const v1::StartRequest& start);
Result<void> run_start_hooks(const v1::StartRequest& start);

}  // namespace bulkhead::agent
