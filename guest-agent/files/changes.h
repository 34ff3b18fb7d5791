// What the container changed in its image, from overlayfs's upper directory: devices 0:0 are
// deleted files, and directories with the attribute trusted.overlay.opaque hide what the image has
// there (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories"). The
// process's root is the directory with "lower" and "upper/changes" (rootfs/). Thread: its only one.
#pragma once

#include "base/result.h"
#include "guest-agent/files/work.h"

namespace bulkhead::agent {

// Writes proto/agent.proto's ListChanges to the stream.
Result<void> list_changes(int stream, const MountPoints& hidden);

// Writes them as a layer: deleted files as ".wh.NAME", opaque directories with ".wh..wh..opq".
Result<void> archive_changes(int stream, const MountPoints& hidden);

}  // namespace bulkhead::agent
