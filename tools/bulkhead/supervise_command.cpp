// bulkhead supervise: the process that owns a container while it runs. Not for people.
#include "base/log.h"
#include "host/engine/supervisor_main.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/host_files.h"

namespace bulkhead::cli {

namespace {

int supervise(const Context& context, const Words& words) {
    const bool locked = words.size() == 2 && words[1] == "locked";
    if (words.size() != 1 && !locked)
        return usage_error(kSuperviseCommand, "want a container's id");
    const auto files = find_host_files();
    if (!files) return fail(kExitFailure, files.error().message());
    const auto done = engine::supervise(context.paths, *files, words.front(),
                                        locked ? engine::Lock::HandedOver : engine::Lock::Take);
    return done ? kExitOk : fail(kExitFailure, done.error().message());
}

}  // namespace

const Command kSuperviseCommand = {
    "supervise", "supervise ID [locked]", "Own a container while it runs", "", kExitFailure,
    supervise};

}  // namespace bulkhead::cli
