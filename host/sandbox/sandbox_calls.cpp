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

void Sandbox::set_device_limits(const DeviceLimits& limits,
                                std::function<void(Result<void>)> answer) {
    if (!vm_ || vm_end_) return answer(Error("the container does not run"));
    if (device_limits_answer_)
        return answer(Error("the devices' limits are being changed already"));
    if (auto sent = vm_->set_device_limits(limits); !sent) return answer(std::move(sent));
    asked_device_limits_ = limits;
    device_limits_answer_ = std::move(answer);
    device_limits_timer_ = loop_.after(plan_.patience.answer, [this] {
        std::exchange(device_limits_answer_,
                      nullptr)(Error("the monitor did not say that the devices' limits hold"));
    });
}

Result<void> Sandbox::set_limits(const cgroup::Limits& limits) const {
    if (!vm_ || vm_end_) return Error("the container does not run");
    return vm_->set_limits(limits);
}

// Asked of the monitor, since it is what enforces them.
void Sandbox::on_device_limits(const DeviceLimits& limits) {
    if (!device_limits_answer_) return;
    device_limits_timer_.reset();
    const auto answer = std::exchange(device_limits_answer_, nullptr);
    if (limits == asked_device_limits_) return answer({});
    answer(Error("the monitor keeps other limits for the devices than it was told"));
}

}  // namespace bulkhead::sandbox
