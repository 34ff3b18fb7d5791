// The journal of events on this machine: every process appends to it, without a daemon. Bounded:
// old files go as new ones come. Thread: any.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "host/events/event.h"

namespace bulkhead::events {

class Journal {
  public:
    struct Limits {
        std::uint64_t file_bytes = 1024 * 1024;
        std::size_t files = 8;
    };

    // The directory is made when it is needed.
    explicit Journal(std::string directory) : Journal(std::move(directory), Limits()) {}

    Journal(std::string directory, Limits limits)
        : directory_(std::move(directory)), limits_(limits) {}

    // Whole, and after everything that was appended before. An error leaves no half of it that a
    // reader would see.
    [[nodiscard]] Result<void> append(const Event& event) const;

    [[nodiscard]] const std::string& directory() const { return directory_; }

  private:
    std::string directory_;
    Limits limits_;
};

}  // namespace bulkhead::events
