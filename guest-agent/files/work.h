// Work on the container's files: proto/agent.proto's FilesRequest, done by a process that is
// confined to what the work may see. Thread: its only one.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/result.h"

namespace bulkhead::agent::v1 {
class FilesReply;
class FilesRequest;
class StartRequest;
}  // namespace bulkhead::agent::v1

namespace bulkhead::agent {

// What a piece of work has as its root directory.
enum class FileView : std::uint8_t {
    Container,  // the container's root, with all that is mounted there
    Root,       // the root file system alone
    Layers,     // the directory of GuestRoot: image and changes apart
};

FileView view_of(const v1::FilesRequest& request);

// Paths, without "/" before them, that the agent made for mounts: they are no changes of the
// container's as long as they are empty.
using MountPoints = std::set<std::string>;
MountPoints mount_points(const v1::StartRequest& start);

// The stream blocks; negative when the request has none. What failed on files is in the reply.
Result<v1::FilesReply> perform(const v1::FilesRequest& request, int stream,
                               const MountPoints& hidden);

}  // namespace bulkhead::agent
