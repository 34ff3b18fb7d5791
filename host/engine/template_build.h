// Makes a template before any container needs it. Thread: any one at a time; runs a loop meanwhile.
#pragma once

#include <string>

#include "base/result.h"
#include "host/engine/host_files.h"
#include "host/state/paths.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

struct BuiltTemplate {
    std::string id;
    bool was_there = false;
};

// Of the machine that a container with this configuration would get. SIGINT and SIGTERM end it.
Result<BuiltTemplate> build_template(const state::Paths& paths, const HostFiles& files,
                                     const container::v1::Config& config);

}  // namespace bulkhead::engine
