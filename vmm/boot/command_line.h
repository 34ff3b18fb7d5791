// CommandLine: the kernel's command line, built argument by argument and bounded by what Linux
// takes. Thread: any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::boot {

class CommandLine {
  public:
    // Linux on x86: COMMAND_LINE_SIZE, its final zero included.
    static constexpr std::size_t kMaxBytes = 2048;

    // Appends arguments, separated from what is there by a space. Fails, and changes nothing, when
    // a byte is not printable ASCII or the line would become too long.
    Result<void> append(std::string_view arguments);

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

}  // namespace bulkhead::boot
