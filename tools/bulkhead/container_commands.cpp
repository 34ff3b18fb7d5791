// bulkhead rm.
#include "host/state/state_store.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

using state::Record;

int remove_containers(const Context& context, const Words& words) {
    bool force = false;
    const Parsed parsed =
        parse_command(kRmCommand, words, {{"force", 'f', "", "kill it if it runs", store(force)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kRmCommand, "'bulkhead rm' requires at least 1 argument");
    return for_each_container(context, parsed.arguments,
                              [force](engine::Engine& engine, const Record& record) {
                                  return engine.remove(record, force);
                              });
}

}  // namespace

const Command kRmCommand = {"rm",
                            "rm [FLAGS] CONTAINER...",
                            "Remove containers, and their writable disks",
                            "bulkhead rm brisk_harbor",
                            kExitFailure,
                            remove_containers};

}  // namespace bulkhead::cli
