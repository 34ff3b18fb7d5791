// The agent's own file systems, at the start of its life as PID 1 of the guest's initramfs.
// Thread: the only one there is yet.
#pragma once

#include "base/result.h"

namespace bulkhead::agent {

// Makes the initramfs read-only, puts a copy of it in its place that pivot_root can leave, and
// mounts /proc, /sys, /dev, /sys/fs/cgroup and /run.
Result<void> mount_early();

}  // namespace bulkhead::agent
