// Writes a file, or a directory with everything below it, into an archive. Every step down is made
// from an open directory and follows no symbolic link, so whoever changes the tree meanwhile can
// only change what is in it. Thread: any one at a time.
#pragma once

#include <functional>
#include <string>

#include "archive/entry.h"
#include "archive/tar_writer.h"
#include "base/result.h"

namespace bulkhead::archive {

enum class Visit {
    Skip,  // it, and what is below it
    Keep,
    KeepOpaque,  // a directory that hides what layers below have in it: with the mark for that
};

struct TreeOptions {
    // What the archive calls the root of the tree. ".": its content is "./..."; empty: there is no
    // member for it, and what is in it has plain names.
    std::string name;
    // Asked before each member but the root is written, and may change it. `fd` is the open file or
    // directory, or negative.
    std::function<Visit(Entry& entry, int fd)> visit;
};

// `leaf` is a path from `directory`; its last part is not followed if it is a link.
Result<void> write_tree(TarWriter& tar, int directory, const std::string& leaf,
                        const TreeOptions& options);

}  // namespace bulkhead::archive
