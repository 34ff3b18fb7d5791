#include "host/sandbox/agent_answers.h"

#include <algorithm>

#include "host/sandbox/guest_text.h"
#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

namespace {

namespace wire = agent::v1;

constexpr int kMaxTimings = 64;
constexpr std::size_t kMaxName = 64;

StartFailure failure_of(wire::StartFailure failure) {
    switch (failure) {
        case wire::START_FAILURE_NONE:
            return StartFailure::None;
        case wire::START_FAILURE_NOT_FOUND:
            return StartFailure::NotFound;
        case wire::START_FAILURE_NOT_EXECUTABLE:
            return StartFailure::NotExecutable;
        default:
            return StartFailure::Other;
    }
}

}  // namespace

AgentStarted read_answer(const wire::StartReply& reply) {
    AgentStarted started{failure_of(reply.failure()),
                         printable(reply.message()),
                         printable(reply.agent_version(), kMaxName),
                         printable(reply.kernel_release(), kMaxName),
                         {}};
    for (int i = 0; i < std::min(reply.timings_size(), kMaxTimings); ++i) {
        started.timings.push_back(
            {printable(reply.timings(i).step(), kMaxName), reply.timings(i).boottime_ns()});
    }
    return started;
}

AgentStarted read_answer(const wire::ExecReply& reply) {
    return {failure_of(reply.failure()), printable(reply.message()), {}, {}, {}};
}

AgentExit read_answer(const wire::WaitReply& reply) {
    return {reply.exit_code(), reply.signal(), reply.oom_killed()};
}

}  // namespace bulkhead::sandbox
