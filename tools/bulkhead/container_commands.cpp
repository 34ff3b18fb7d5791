// bulkhead rm.
#include <iostream>

#include "host/state/state_store.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

using state::Record;

Result<void> remove_container(engine::Engine& engine, const std::string& name, bool force) {
    const Record record = TRY(engine.find(name));
    return engine.remove(record, force);
}

int remove_containers(const Context& context, const Words& words) {
    bool force = false;
    const Parsed parsed =
        parse_command(kRmCommand, words, {{"force", 'f', "", "kill it if it runs", store(force)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kRmCommand, "'bulkhead rm' requires at least 1 argument");
    auto engine = engine::Engine::open(context.paths);
    if (!engine) return fail(kExitFailure, engine.error().message());
    int code = kExitOk;
    for (const std::string& name : parsed.arguments) {
        const auto removed = remove_container(*engine, name, force);
        if (removed) {
            std::cout << name << "\n";
            continue;
        }
        // docker's -f: what is not there is a message, but no failure.
        const bool missing = removed.error().is(std::errc::no_such_file_or_directory);
        const int failure = fail(kExitFailure, removed.error().message());
        if (!missing || !force) code = failure;
    }
    return code;
}

}  // namespace

const Command kRmCommand = {"rm",
                            "rm [FLAGS] CONTAINER...",
                            "Remove containers, and their writable disks",
                            "bulkhead rm brisk_harbor",
                            kExitFailure,
                            remove_containers};

}  // namespace bulkhead::cli
