// Makes the files of an archive below a directory. Names that lead out of it are refused. With
// Links::None no symbolic link is followed on the way to a file, neither one that was there nor one
// that the archive brought; with Links::InRoot they are, so the process must be confined to a root
// of its own (chroot)
//
// docker's rules: what is there is replaced, directories are merged; a directory does not replace
// anything else, and nothing else replaces a directory. Thread: any one at a time.
#pragma once

#include <string>
#include <string_view>

#include "archive/new_file.h"
#include "archive/tar_reader.h"
#include "base/result.h"

namespace bulkhead::archive {

enum class Links { None, InRoot };

struct ExtractRules {
    FileRules files;
    Links links = Links::None;
    // Every member must be this, or below it; empty: anything. For archives that a stranger makes.
    std::string below = {};
};

// What was there before an error stays. Gives the bytes of all files.
Result<std::uint64_t> extract(TarReader& tar, int directory, const ExtractRules& rules);

// A member's path without "." and repeated slashes; empty: the directory itself. An error when it
// leads out.
Result<std::string> inner_path(std::string_view path);

}  // namespace bulkhead::archive
