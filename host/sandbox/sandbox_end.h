// How a sandbox's container ended, or why it never ran. Thread: any.
#pragma once

#include <string>

#include "host/sandbox/agent_answers.h"

namespace bulkhead::sandbox {

// docker's exit codes for what did not come from the container itself.
inline constexpr int kExitOurs = 125;
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;
inline constexpr int kExitSignalBase = 128;

struct SandboxEnd {
    int exit_code = kExitOurs;
    std::string message;  // for the user; empty when there is nothing to say
    bool ran = false;     // the container's process was started
    bool oom_killed = false;
};

// A signal that ends a start before there is a process that could get it.
bool ends_a_start(int signal);

// Of a process that ran.
SandboxEnd end_of(const AgentExit& exit);
// Of one that the agent could not start.
SandboxEnd end_of(const AgentStarted& started);

}  // namespace bulkhead::sandbox
