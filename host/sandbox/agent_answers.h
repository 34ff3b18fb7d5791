// What the agent answers, as plain values. The guest is not trusted: texts are bounded and fit for
// a terminal, lists are cut. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/sandbox/trace.h"

namespace bulkhead::agent::v1 {
class ExecReply;
class StartReply;
class WaitReply;
}  // namespace bulkhead::agent::v1

namespace bulkhead::sandbox {

enum class StartFailure { None, NotFound, NotExecutable, Other };

struct AgentStarted {
    StartFailure failure = StartFailure::None;
    std::string message;  // why, when there is a failure
    std::string agent_version;
    std::string kernel_release;
    std::vector<Moment> timings;  // in the guest's boot clock
};

struct AgentExit {
    std::uint32_t exit_code = 0;
    std::uint32_t signal = 0;
    bool oom_killed = false;
};

AgentStarted read_answer(const agent::v1::StartReply& reply);
AgentStarted read_answer(const agent::v1::ExecReply& reply);
AgentExit read_answer(const agent::v1::WaitReply& reply);

}  // namespace bulkhead::sandbox
