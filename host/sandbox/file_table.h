// Work on a guest's files: calls to the agent, and the stream of each, which the guest opens.
//
// The agent owes the stream at once: it opens it before it begins to work. From then on it may be
// silent for as long as it likes, since nothing tells a walk through a million files from a lie;
// whoever waits can leave, and the machine's end ends it. When the stream is done, the agent owes
// its answer.
// Thread: loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "host/sandbox/agent_client.h"
#include "host/sandbox/guest_timers.h"
#include "proto/ports.h"

namespace bulkhead::sandbox {

class FileTable {
  public:
    // `opened` comes first, but not for work without a stream, nor when it failed early; `finished`
    // comes once. Neither may destroy the table.
    struct Events {
        std::function<void(UniqueFd)> opened;
        AgentClient::Answer<agent::v1::FilesReply> finished;
    };

    FileTable(AgentClient& agent, GuestTimers& timers);
    FileTable(const FileTable&) = delete;
    FileTable& operator=(const FileTable&) = delete;
    ~FileTable();

    // Whether the work has a stream is seen from its kind; the port is filled in here. Gives the
    // work's number, which is never 0.
    std::uint32_t start(agent::v1::FilesRequest request, Events events);

    // A stream that the guest opened. False, and it is closed, when nobody waits for it.
    bool accept(std::uint32_t port, UniqueFd stream);

    // The work's stream is done, so there is nothing left to do but to answer.
    void await_answer(std::uint32_t work);

    // The guest is gone: what is under way has failed.
    void fail(const std::string& why);

  private:
    struct Work;

    void on_answer(std::uint32_t work, Result<agent::v1::FilesReply> answer);
    void finish(std::uint32_t work, Result<agent::v1::FilesReply> answer);

    AgentClient& agent_;
    GuestTimers& timers_;
    std::uint32_t next_port_ = protocol::kFirstFilePort;
    std::uint32_t next_work_ = 1;
    std::map<std::uint32_t, Work> works_;
};

}  // namespace bulkhead::sandbox
