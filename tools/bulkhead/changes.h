// What a guest says about changed files: for each "A", "C" or "D", the path, and a NUL. Untrusted:
// bounded, and anything else is an error. Thread: any one at a time.
#pragma once

#include <optional>
#include <string>

#include "archive/byte_pipe.h"
#include "base/result.h"

namespace bulkhead::cli {

struct FileChange {
    char kind = 'C';
    std::string path;
};

class ChangeReader {
  public:
    // The descriptor blocks, and stays the caller's.
    explicit ChangeReader(int stream) : feed_(stream) {}

    // Nothing at the end.
    Result<std::optional<FileChange>> next();

  private:
    archive::ByteFeed feed_;
};

}  // namespace bulkhead::cli
