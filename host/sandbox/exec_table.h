// Further processes in a running container: their calls to the agent, and their streams, which the
// guest opens one by one before the agent answers. An agent that does not do what it owes at once
// keeps nobody waiting. Thread: loop.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "host/sandbox/agent_client.h"
#include "host/sandbox/guest_timers.h"
#include "proto/ports.h"

namespace bulkhead::oci::v1 {
class Process;
}

namespace bulkhead::sandbox {

struct ExecPlan {
    bool input = false;
    bool output = false;
    bool error = false;  // never with a terminal
};

struct ExecStarted {
    std::string process;  // for wait(), signal(), resize()
    StartFailure failure = StartFailure::None;
    std::string message;  // why, when there is a failure
    // Stream sockets to the process; those that were not asked for are invalid.
    UniqueFd input, output, error;
};

class ExecTable {
  public:
    using Answer = std::function<void(Result<ExecStarted>)>;

    ExecTable(AgentClient& agent, GuestTimers& timers) : agent_(agent), timers_(timers) {}

    ExecTable(const ExecTable&) = delete;
    ExecTable& operator=(const ExecTable&) = delete;
    ~ExecTable() = default;

    void start(const oci::v1::Process& process, const ExecPlan& plan, Answer answer);

    // A stream that the guest opened. False, and it is closed, when nobody waits for it.
    bool accept(std::uint32_t port, UniqueFd stream);

    // The guest is gone: answers what still waits.
    void fail(const std::string& why);

  private:
    static constexpr std::size_t kStreams = 3;

    struct Pending {
        std::string process;
        std::array<std::uint32_t, kStreams> ports{};  // 0: not wanted
        std::array<UniqueFd, kStreams> streams;
        // The agent's answer may overtake the streams, which come over another socket.
        std::optional<AgentStarted> started;
        Answer answer;
        EventLoop::Handle timer;  // for the agent's answer, then for the streams

        [[nodiscard]] bool complete() const;
    };

    void on_answer(const std::string& process, Result<AgentStarted> answer);
    void finish(std::list<Pending>::iterator pending);
    void give_up(const std::string& process, const char* why);

    AgentClient& agent_;
    GuestTimers& timers_;
    std::list<Pending> pending_;
    std::uint32_t next_process_ = 1;
    std::uint32_t next_port_ = protocol::kFirstExecPort;
};

}  // namespace bulkhead::sandbox
