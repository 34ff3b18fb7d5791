// Sandbox: what is asked of the agent while the container runs.
#include <utility>

#include "host/sandbox/sandbox.h"
#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

void Sandbox::update(const oci::v1::Resources& resources, AgentClient::Answer<void> answer) {
    if (!running()) return answer(Error("the container does not run"));
    agent_->update(resources, std::move(answer));
}

void Sandbox::exec(const oci::v1::Process& process, const ExecPlan& plan,
                   ExecTable::Answer answer) {
    if (!running()) return answer(Error("the container does not run"));
    execs_->start(process, plan, std::move(answer));
}

void Sandbox::wait_exec(const std::string& process, AgentClient::Answer<AgentExit> answer) {
    if (!agent_) return answer(Error("the container does not run"));
    agent_->wait(process, std::move(answer));
}

void Sandbox::signal_exec(const std::string& process, int number) {
    if (running()) agent_->signal(process, number, [](const Result<void>&) {});
}

void Sandbox::resize_exec(const std::string& process, std::uint16_t rows, std::uint16_t columns) {
    if (running()) agent_->resize(process, rows, columns, [](const Result<void>&) {});
}

std::uint32_t Sandbox::files(agent::v1::FilesRequest request, FileTable::Events events) {
    if (running()) return files_->start(std::move(request), std::move(events));
    events.finished(Error("the container does not run"));
    return 0;
}

void Sandbox::files_streamed(std::uint32_t work) {
    if (files_) files_->await_answer(work);
}

void Sandbox::processes(AgentClient::Answer<agent::v1::ProcessesReply> answer) {
    if (!running()) return answer(Error("the container does not run"));
    agent_->processes(std::move(answer));
}

void Sandbox::statistics(AgentClient::Answer<agent::v1::StatisticsReply> answer) {
    if (!running()) return answer(Error("the container does not run"));
    agent_->statistics(std::move(answer));
}

}  // namespace bulkhead::sandbox
