// The kernel's descriptor-based mount calls (fsopen, open_tree, mount_setattr, move_mount) as
// Results. A mount is made detached, given its attributes, and only then attached to a directory
// that is named by descriptor: no path is looked up twice. Thread: any one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::agent {

struct NewMount {
    std::string type;                      // "tmpfs"
    std::string source;                    // may be empty
    std::span<const std::string> options;  // for the file system: "size=64m", "sync"
    std::uint64_t attributes = 0;          // MOUNT_ATTR_*
};

// A new file system, detached. The kernel's own words about a refused option are in the error.
Result<UniqueFd> create_mount(const NewMount& wanted);

enum class Depth { One, Recursive };

// A detached copy of the mount at `path` (below `directory`, which may be AT_FDCWD): a bind mount
// to be. An empty path copies what `directory` itself refers to.
Result<UniqueFd> clone_mount(int directory, const std::string& path, Depth depth);

struct AttributeChange {
    std::uint64_t set = 0;
    std::uint64_t clear = 0;
    std::uint64_t propagation = 0;  // MS_PRIVATE, ...; 0: unchanged
    int user_namespace = -1;        // with MOUNT_ATTR_IDMAP in `set`
};

Result<void> change_mount(int mount, const AttributeChange& change, Depth depth);

// Attaches a detached mount over what `target` refers to.
Result<void> attach_mount(int mount, int target);

}  // namespace bulkhead::agent
