// The options of an OCI mount ("ro", "nosuid", "size=64m", "rbind", "rprivate"), sorted into what
// each of the mount system calls wants. Names and meanings are runc's. Thread: any (pure).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::agent {

struct MountOptions {
    // MOUNT_ATTR_* to set and to clear on the mount itself, and on it and all below it ("rro").
    std::uint64_t set = 0;
    std::uint64_t clear = 0;
    std::uint64_t recursive_set = 0;
    std::uint64_t recursive_clear = 0;

    enum class Bind { None, One, Recursive };
    Bind bind = Bind::None;

    // MS_PRIVATE, MS_SHARED, MS_SLAVE or MS_UNBINDABLE, perhaps with MS_REC; 0 leaves it alone.
    std::uint64_t propagation = 0;

    // For the file system: "key=value", or a flag such as "sync".
    std::vector<std::string> filesystem;

    [[nodiscard]] bool has_filesystem_key(std::string_view key) const;
};

MountOptions parse_mount_options(std::span<const std::string> options);

// "rprivate" and the like, to MS_* flags; an error for anything else. Empty gives MS_PRIVATE |
// MS_REC.
Result<std::uint64_t> parse_propagation(std::string_view name);

}  // namespace bulkhead::agent
