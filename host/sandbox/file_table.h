// Work on a guest's files: calls to the agent, and the stream of each, which the guest opens.
// Thread: loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/sandbox/agent_client.h"
#include "proto/ports.h"

namespace bulkhead::sandbox {

class FileTable {
  public:
    // In either order: the two come over different sockets. `opened` does not come for work without
    // a stream, nor when it failed early; `finished` comes once. Neither may destroy the table.
    struct Events {
        std::function<void(UniqueFd)> opened;
        AgentClient::Answer<agent::v1::FilesReply> finished;
    };

    explicit FileTable(AgentClient& agent) : agent_(agent) {}

    FileTable(const FileTable&) = delete;
    FileTable& operator=(const FileTable&) = delete;

    // Whether the work has a stream is seen from its kind; the port is filled in here.
    void start(agent::v1::FilesRequest request, Events events);

    // A stream that the guest opened. False, and it is closed, when nobody waits for it.
    bool accept(std::uint32_t port, UniqueFd stream);

    // The guest is gone: what is under way has failed.
    void fail(const std::string& why);

  private:
    AgentClient& agent_;
    std::uint32_t next_port_ = protocol::kFirstFilePort;
    std::uint32_t next_work_ = 1;
    std::map<std::uint32_t, std::function<void(UniqueFd)>> waiting_;  // by port
    std::map<std::uint32_t, AgentClient::Answer<agent::v1::FilesReply>> works_;
};

}  // namespace bulkhead::sandbox
