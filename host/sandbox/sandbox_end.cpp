#include "host/sandbox/sandbox_end.h"

#include <algorithm>
#include <csignal>

namespace bulkhead::sandbox {

bool ends_a_start(int signal) {
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT ||
           signal == SIGKILL;
}

SandboxEnd end_of(const AgentExit& exit) {
    constexpr std::uint32_t kMaxCode = 255;
    constexpr std::uint32_t kMaxSignal = 64;
    SandboxEnd end;
    end.ran = true;
    end.exit_code = exit.signal != 0
                        ? kExitSignalBase + static_cast<int>(std::min(exit.signal, kMaxSignal))
                        : static_cast<int>(std::min(exit.exit_code, kMaxCode));
    if (exit.oom_killed && end.exit_code == kExitSignalBase + SIGKILL)
        end.message = "the container ran out of memory and was killed (see --memory)";
    return end;
}

SandboxEnd end_of(const AgentStarted& started) {
    SandboxEnd end;
    end.message = started.message;
    if (started.failure == StartFailure::NotFound) end.exit_code = kExitNotFound;
    if (started.failure == StartFailure::NotExecutable) end.exit_code = kExitNotExecutable;
    return end;
}

}  // namespace bulkhead::sandbox
