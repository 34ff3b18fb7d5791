// Starts a container's first process in the foreground, or in the background. Thread: main, which
// becomes the loop thread.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/runtime/container_options.h"
#include "host/sandbox/trace.h"
#include "tools/bulkhead/attached.h"

namespace bulkhead::cli {

struct ForegroundOptions {
    bool input = false;
    bool output = true;
    bool error = true;
    bool terminal = false;
    bool show_console = false;
    bool close_outputs = false;
    bool pass_signals = true;
    std::optional<DetachKeys> detach_keys{};
};

// From the connection to a fresh supervisor to the end of the container. The supervisor's steps are
// added to `trace`.
Result<AttachedEnd> run_in_foreground(UniqueFd connection, const ForegroundOptions& options,
                                      sandbox::Trace& trace);

// Returns when the process runs; the end says why it does not.
Result<AttachedEnd> start_in_background(UniqueFd connection);

}  // namespace bulkhead::cli
