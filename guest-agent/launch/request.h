// What the agent asks of its launcher. The messages travel in a memory file, since a container's
// arguments and environment may be larger than a packet.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/packet_channel.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::agent::v1 {
class StartRequest;
}

namespace bulkhead::agent {

struct LaunchRequest {
    enum class Kind : std::uint8_t {
        Init = 1,  // the container's first process: makes namespaces, mounts, ...
        Exec = 2,  // a further process, which joins what the first one has
    };

    Kind kind = Kind::Init;
    UniqueFd status;                  // the child's end of the status channel
    std::array<UniqueFd, 3> streams;  // standard input, output, error; unused with a terminal
    UniqueFd cgroup;                  // the directory to start in; not valid: none
    UniqueFd container;               // Exec: a pidfd of the container's first process
    std::string root;                 // Init: the path of the root file system
    std::string cgroup_path;          // Init: for a mount of it; may be empty
};

// `start` carries the whole spec; for Exec with the process to run put in place of the first one.
Result<void> send_launch(PacketChannel& channel, const LaunchRequest& request,
                         const v1::StartRequest& start);

// Fills `start`. Nothing when the agent has gone.
Result<std::optional<LaunchRequest>> receive_launch(PacketChannel& channel,
                                                    v1::StartRequest& start);

}  // namespace bulkhead::agent
