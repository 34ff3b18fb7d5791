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
        Init = 1,   // the container's first process: makes namespaces, mounts, ...
        Exec = 2,   // a further process, which joins what the first one has
        Files = 3,  // one of the agent's own, which works on the container's files
    };

    Kind kind = Kind::Init;
    UniqueFd status;                  // the child's end of the status channel
    std::array<UniqueFd, 3> streams;  // standard input, output, error; unused with a terminal
    UniqueFd input;                   // instead of streams[0], when valid; not sent by itself
    UniqueFd cgroup;                  // the directory to start in; not valid: none
    UniqueFd container;               // Exec, Files: a pidfd of the container's first process
    UniqueFd rest;                    // Init: valid: the child waits on it, prepared, for the rest
    std::string root;                 // Init, Files: the path of the root file system
    std::string cgroup_path;          // Init: for a mount of it; may be empty
    std::string files;                // Files: the request; streams[0] is its stream
};

// `start` carries the whole spec; for Exec with the process to run put in place of the first one.
Result<void> send_launch(PacketChannel& channel, const LaunchRequest& request,
                         const v1::StartRequest& start);

// Fills `start`. Nothing when the agent has gone.
Result<std::optional<LaunchRequest>> receive_launch(PacketChannel& channel,
                                                    v1::StartRequest& start);

// To the child that waits, over the other end of LaunchRequest::rest.
Result<void> send_rest(PacketChannel& channel, const v1::StartRequest& start);
Result<void> receive_rest(PacketChannel& channel, v1::StartRequest& start);

}  // namespace bulkhead::agent
