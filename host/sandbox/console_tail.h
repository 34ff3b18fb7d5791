// The last part of what a guest wrote to its console, for error messages. Bounded whatever the
// guest writes. Thread: any one at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::sandbox {

class ConsoleTail {
  public:
    static constexpr std::size_t kMaxBytes = 64 * 1024;
    static constexpr std::size_t kMaxLineLength = 240;

    void append(std::string_view bytes);

    // The last `count` lines that are not empty, oldest first, each fit for a terminal.
    [[nodiscard]] std::vector<std::string> last_lines(std::size_t count) const;

  private:
    std::string bytes_;  // at most twice kMaxBytes, cut back to kMaxBytes
};

}  // namespace bulkhead::sandbox
