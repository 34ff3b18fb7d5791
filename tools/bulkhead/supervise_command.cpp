// bulkhead supervise: the process that owns a container while it runs. Not for people.
#include <sys/prctl.h>

#include "base/log.h"
#include "host/engine/spawn.h"
#include "host/engine/supervisor_main.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/host_files.h"

namespace bulkhead::cli {

namespace {

int supervise(const Context& context, const Words& words) {
    // Executed as /proc/self/exe, it would be "exe" in lists of processes.
    ::prctl(PR_SET_NAME, "bulkhead", 0, 0, 0);
    if (words.empty()) return usage_error(kSuperviseCommand, "want a container's id");
    engine::Arranged arranged;
    for (auto word = words.begin() + 1; word != words.end(); ++word) {
        if (*word == "locked") {
            arranged.locked = true;
        } else if (word->starts_with(engine::kCgroupWord)) {
            arranged.cgroup = word->substr(engine::kCgroupWord.size());
        } else {
            return usage_error(kSuperviseCommand, "what is " + *word + "?");
        }
    }
    const auto files = find_host_files();
    if (!files) return fail(kExitFailure, files.error().message());
    const auto done = engine::supervise(context.paths, *files, words.front(), arranged);
    return done ? kExitOk : fail(kExitFailure, done.error().message());
}

}  // namespace

const Command kSuperviseCommand = {"supervise",
                                   "supervise ID [locked] [cgroup=PATH]",
                                   "Own a container while it runs",
                                   "",
                                   kExitFailure,
                                   supervise};

}  // namespace bulkhead::cli
