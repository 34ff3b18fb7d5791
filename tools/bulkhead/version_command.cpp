// bulkhead version.
#include <iostream>

#include "proto/ports.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

int show_version(const Context& /*context*/, const Words& words) {
    const Parsed parsed = parse_command(kVersionCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    std::cout << "bulkhead " << BULKHEAD_VERSION << "\nagent protocol generation "
              << protocol::kGeneration << " (oldest understood: " << protocol::kOldestGeneration
              << ")\n";
    return kExitOk;
}

}  // namespace

const Command kVersionCommand = {"version",          "version",    "Show the version",
                                 "bulkhead version", kExitFailure, show_version};

}  // namespace bulkhead::cli
