#include "guest-agent/service/replies.h"

#include <sys/utsname.h>

#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

v1::StartFailure failure_of(FailureClass kind) {
    switch (kind) {
        case FailureClass::NotFound:
            return v1::START_FAILURE_NOT_FOUND;
        case FailureClass::NotExecutable:
            return v1::START_FAILURE_NOT_EXECUTABLE;
        case FailureClass::Other:
            return v1::START_FAILURE_OTHER;
    }
    return v1::START_FAILURE_OTHER;
}

template <class Message>
void set_launch(const LaunchResult& result, Message& message) {
    message.set_pid(static_cast<std::uint32_t>(result.pid));
    if (!result.failure) return;
    message.set_failure(failure_of(result.failure->kind));
    message.set_message(result.failure->message);
}

}  // namespace

v1::StartReply start_reply(const LaunchResult& result, const Timeline& timeline) {
    v1::StartReply reply;
    set_launch(result, reply);
    reply.set_generation(protocol::kGeneration);
    reply.set_agent_version(BULKHEAD_VERSION);
    utsname name{};
    if (::uname(&name) == 0) reply.set_kernel_release(name.release);
    for (const Timeline::Step& step : timeline.steps()) {
        v1::Timing* timing = reply.add_timings();
        timing->set_step(step.name);
        timing->set_boottime_ns(step.boottime_ns);
    }
    return reply;
}

v1::ExecReply exec_reply(const LaunchResult& result) {
    v1::ExecReply reply;
    set_launch(result, reply);
    return reply;
}

v1::WaitReply wait_reply(const WaitResult& result) {
    v1::WaitReply reply;
    reply.set_exit_code(static_cast<std::uint32_t>(result.status.code));
    reply.set_signal(static_cast<std::uint32_t>(result.status.signal));
    reply.set_oom_killed(result.oom_killed);
    return reply;
}

}  // namespace bulkhead::agent
