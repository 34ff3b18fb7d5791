// The flags in front of the verb. Thread: main.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "host/state/paths.h"
#include "tools/bulkhead/flags.h"

namespace bulkhead::cli {

struct GlobalFlags {
    std::string root;
    std::string state;
    bool help = false;
    bool version = false;
};

// They fill `target`, which must outlive them.
std::vector<Flag> global_flags(GlobalFlags& target);

// Absolute: a supervisor has a working directory of its own.
Result<state::Paths> choose_paths(const GlobalFlags& flags);

}  // namespace bulkhead::cli
