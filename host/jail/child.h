// What the new process does with itself before it becomes the monitor. Everything here is for a
// child of fork_into() and makes only async-signal-safe calls; errors are error numbers, 0 is
// success.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "host/jail/layer.h"

namespace bulkhead::jail {

// Descriptors 0 to 3 are what a monitor has.
inline constexpr int kInherited = 4;

// Everything that the child needs, made before there is one. The descriptors are above 3.
struct ChildPlan {
    std::array<int, kInherited> descriptors{};  // become 0 to 3
    int program = -1;                           // what is executed
    const char* path = nullptr;                 // not null: executed by this path instead
    int status = -1;                            // where Notices go; closed by the execution
    int go = -1;                                // a byte comes when the user namespace is ready
    int go_writer = -1;                         // the owner's end of that
    int owner = -1;                             // a pidfd
    bool user_namespace = false;
    bool mount_namespace = false;
    bool change_user = false;  // to `user` and `group`
    bool own_user = false;     // which no other process has
    uid_t user = 0;
    gid_t group = 0;
    bool empty_root = false;
    std::uint64_t file_bytes = 0;  // the largest file that it may write
};

// What the child tells: a layer that it goes on without, or that it cannot go on.
struct Notice {
    enum class Kind : std::uint32_t { Missing, Fatal };
    Kind kind{};
    Layer layer{};  // of Missing
    int error = 0;
};

[[noreturn]] void run_child(const ChildPlan& plan);

}  // namespace bulkhead::jail
