#include "host/sandbox/exec_table.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/text.h"
#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

void ExecTable::start(const oci::v1::Process& process, const ExecPlan& plan, Answer answer) {
    const auto pending = pending_.emplace(pending_.end());
    pending->process = concat("exec-", next_process_++);
    pending->answer = std::move(answer);
    const std::array<bool, kStreams> wanted = {plan.input, plan.output, plan.error};
    for (std::size_t i = 0; i < kStreams; ++i) pending->ports[i] = wanted[i] ? next_port_++ : 0;

    agent::v1::ExecRequest request;
    request.set_id(pending->process);
    *request.mutable_process() = process;
    auto& streams = *request.mutable_streams();
    streams.set_stdin_port(pending->ports[0]);
    streams.set_stdout_port(pending->ports[1]);
    streams.set_stderr_port(pending->ports[2]);
    timers_.await_answer(pending->timer, [this, name = pending->process] {
        give_up(std::string(name), "the guest's agent did not say whether the process runs");
    });
    agent_.exec(request, [this, name = pending->process](Result<AgentStarted> started) {
        on_answer(name, std::move(started));
    });
}

bool ExecTable::accept(std::uint32_t port, UniqueFd stream) {
    if (port == 0) return false;
    for (auto pending = pending_.begin(); pending != pending_.end(); ++pending) {
        for (std::size_t i = 0; i < kStreams; ++i) {
            if (pending->ports[i] != port || pending->streams[i].valid()) continue;
            pending->streams[i] = std::move(stream);
            if (pending->complete()) finish(pending);
            return true;
        }
    }
    return false;
}

void ExecTable::fail(const std::string& why) {
    auto failed = std::exchange(pending_, {});
    for (Pending& pending : failed) pending.answer(Error(why));
}

bool ExecTable::Pending::complete() const {
    if (!started) return false;
    if (started->failure != StartFailure::None) return true;
    for (std::size_t i = 0; i < kStreams; ++i) {
        if (ports[i] != 0 && !streams[i].valid()) return false;
    }
    return true;
}

void ExecTable::on_answer(const std::string& process, Result<AgentStarted> answer) {
    const auto pending = std::ranges::find(pending_, process, &Pending::process);
    if (pending == pending_.end()) return;  // fail() was quicker
    if (!answer) {
        const Answer done = std::move(pending->answer);
        pending_.erase(pending);
        return done(std::move(answer).error());
    }
    pending->started = *std::move(answer);
    if (pending->complete()) return finish(pending);
    timers_.await_stream(pending->timer, [this, name = process] {
        give_up(std::string(name), "the guest's agent started the process without its streams");
    });
}

void ExecTable::give_up(const std::string& process, const char* why) {
    const auto pending = std::ranges::find(pending_, process, &Pending::process);
    if (pending == pending_.end()) return;
    agent_.signal(process, SIGKILL, [](const Result<void>&) {});
    const Answer answer = std::move(pending->answer);
    pending_.erase(pending);  // its timer has called this, and ends
    answer(Error(why));
}

void ExecTable::finish(std::list<Pending>::iterator pending) {
    Pending done = std::move(*pending);
    pending_.erase(pending);
    done.answer(ExecStarted{std::move(done.process), done.started->failure,
                            std::move(done.started->message), std::move(done.streams[0]),
                            std::move(done.streams[1]), std::move(done.streams[2])});
}

}  // namespace bulkhead::sandbox
