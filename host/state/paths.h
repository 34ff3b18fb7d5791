// Where Bulkhead keeps things: data that outlives a reboot under `root`, and what does not under
// `state`. Thread: any.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"

namespace bulkhead::state {

struct Paths {
    std::string root;   // images, containers, templates
    std::string state;  // containers that go with their process (--rm)
};

using Variable = std::function<std::optional<std::string>(const std::string& name)>;

// root: /var/lib/bulkhead and /run/bulkhead. Anyone else: $XDG_DATA_HOME/bulkhead and
// $XDG_RUNTIME_DIR/bulkhead, with the usual places when those are not set.
Result<Paths> default_paths(bool is_root, const Variable& variable);

// Makes the directory and its parents, readable by the owner alone where new. An error when the
// directory is another user's (root's is fine), or can be written by others.
Result<void> make_directories(const std::string& path);

}  // namespace bulkhead::state
