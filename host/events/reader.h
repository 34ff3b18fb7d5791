// Reads a journal from a cursor on, and goes on when more is appended. Damaged lines are skipped.
// Thread: any one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/events/event.h"

namespace bulkhead::events {

class Reader {
  public:
    struct Item {
        Event event;
        std::uint64_t cursor = 0;  // a reader that starts here goes on after this event
    };

    // From the oldest event that is left. An empty journal has none, and may be about to begin.
    explicit Reader(std::string directory) : directory_(std::move(directory)) {}

    // From a cursor that some Item had. One that is too old starts with the oldest event that is
    // left, and lost() says so.
    Reader(std::string directory, std::uint64_t cursor)
        : directory_(std::move(directory)), place_(cursor) {}

    // The cursor after everything that has been appended by now.
    static std::uint64_t end_of(const std::string& directory);

    // Nothing: that is all there is now.
    Result<std::optional<Item>> next();

    // Events between the cursor and the first one that was read are gone.
    [[nodiscard]] bool lost() const { return lost_; }

  private:
    // False: there is nothing at the place yet.
    Result<bool> fill();
    Result<bool> open_segment();

    std::string directory_;
    std::uint64_t place_ = 0;  // of the first byte in buffer_
    bool lost_ = false;
    UniqueFd file_;
    std::uint64_t begin_ = 0;  // of file_
    std::string buffer_;
};

}  // namespace bulkhead::events
