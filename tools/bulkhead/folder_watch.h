// Wakes up when something in a folder is written to, or appears. Thread: any one at a time.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::cli {

class FolderWatch {
  public:
    static Result<FolderWatch> of(const std::string& folder);

    // Once a second at the latest, for what else the caller looks at.
    void wait() const;

  private:
    explicit FolderWatch(UniqueFd watch) : watch_(std::move(watch)) {}

    UniqueFd watch_;
};

}  // namespace bulkhead::cli
