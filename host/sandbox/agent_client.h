// Calls to the agent in a guest, over the stream that it opened. Answers arrive on the event loop,
// as plain values; the guest is not trusted, so they are bounded and fit for a terminal. A dead
// agent is no concern of this class: when the VM ends, the stream closes and every call fails.
// Thread: loop. Inside, one thread waits for gRPC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "host/sandbox/agent_answers.h"

namespace bulkhead::agent::v1 {
class ExecRequest;
class FilesReply;
class FilesRequest;
class ProcessesReply;
class ReleaseRequest;
class StartRequest;
class StatisticsReply;
}  // namespace bulkhead::agent::v1

namespace bulkhead::oci::v1 {
class Resources;
}

namespace bulkhead::sandbox {

class AgentClient {
  public:
    template <class T>
    using Answer = std::function<void(Result<T>)>;

    // Takes the stream over.
    AgentClient(EventLoop& loop, UniqueFd stream);
    AgentClient(const AgentClient&) = delete;
    AgentClient& operator=(const AgentClient&) = delete;
    // Cancels what is under way; no answer is given after this.
    ~AgentClient();

    void start(const agent::v1::StartRequest& request, Answer<AgentStarted> answer);
    void prepare(const agent::v1::StartRequest& request, Answer<AgentStarted> answer);
    // A further process; only failure and message are set in the answer.
    void exec(const agent::v1::ExecRequest& request, Answer<AgentStarted> answer);
    void wait(const std::string& process, Answer<AgentExit> answer);
    void signal(const std::string& process, int number, Answer<void> answer);
    void resize(const std::string& process, std::uint16_t rows, std::uint16_t columns,
                Answer<void> answer);
    void update(const oci::v1::Resources& resources, Answer<void> answer);
    void files(const agent::v1::FilesRequest& request, Answer<agent::v1::FilesReply> answer);
    void processes(Answer<agent::v1::ProcessesReply> answer);
    void statistics(Answer<agent::v1::StatisticsReply> answer);
    void hold(Answer<void> answer);
    void release(const agent::v1::ReleaseRequest& request, Answer<void> answer);
    void shutdown(Answer<void> answer);

  private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace bulkhead::sandbox
