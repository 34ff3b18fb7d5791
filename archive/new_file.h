// Makes one member of an archive into a file. Thread: any one at a time.
#pragma once

#include <string>

#include "archive/entry.h"
#include "archive/tar_reader.h"
#include "base/result.h"

namespace bulkhead::archive {

// Whose the new files are.
enum class Owner {
    Archive,  // as the archive says
    Self,     // the process's own
};

struct FileRules {
    Owner owner = Owner::Self;
    // A stranger's devices, set-id bits and capabilities are of use to an attacker only.
    bool privileged = false;
};

// `leaf` is not there. A directory is made so that it can be filled; finish_directory() does the
// rest.
Result<void> make_directory(int parent, const std::string& leaf);
Result<void> finish_directory(int directory, const Entry& entry, const FileRules& rules);
// A file's content is read from the archive.
Result<void> make_file(int parent, const std::string& leaf, const Entry& entry, TarReader& tar,
                       const FileRules& rules);
// Symbolic links, devices and pipes.
Result<void> make_special(int parent, const std::string& leaf, const Entry& entry,
                          const FileRules& rules);

}  // namespace bulkhead::archive
