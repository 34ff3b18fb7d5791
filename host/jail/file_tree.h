// A root directory with only some files of the host in it, at the paths that they had. For root.
// Thread: the only one of its process.
#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace bulkhead::jail {

struct TreeEntry {
    enum class Kind : unsigned char {
        Writable,  // a directory and what is mounted in it
        ReadOnly,  // a file or a directory, not what is mounted in it
        Program,   // a file that can be executed
        Device,    // a device file
    };

    std::string path;  // absolute; nothing happens if it does not exist
    Kind kind = Kind::ReadOnly;
};

// In a new mount namespace, makes a root directory of the entries and of a /proc that shows this
// process and its children only, and no settings of the kernel. The root itself cannot be written
// to, no set-user-id program works in it, and no device file but those named. After an error
// nothing has changed, or the process has a mount namespace of its own.
Result<void> enter_file_tree(std::span<const TreeEntry> entries);

}  // namespace bulkhead::jail
