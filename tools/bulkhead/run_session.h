// Drives one Sandbox on an event loop until it has ended: signals, the terminal, and the
// container's record. Thread: main, which becomes the loop thread.
#pragma once

#include "base/result.h"
#include "host/sandbox/sandbox.h"
#include "host/state/container.h"

namespace bulkhead::cli {

struct SessionOptions {
    bool raw_terminal = false;     // standard input is a terminal that the container gets
    bool resize_terminal = false;  // the container has a terminal of the size of ours
};

// Blocks the signals that a session takes from a signalfd, for this thread and those that it
// starts. Before anything that a signal must not interrupt half-way.
Result<void> block_session_signals();

// An error: the VM could not be started. Otherwise how it ended, messages not yet printed.
Result<sandbox::SandboxEnd> run_session(sandbox::SandboxPlan plan, const SessionOptions& options,
                                        state::Container& container, sandbox::Trace& trace);

}  // namespace bulkhead::cli
