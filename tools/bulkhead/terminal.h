// The user's terminal in raw mode, and back again when this object goes. Thread: main.
#pragma once

#include <termios.h>

#include <optional>

#include "base/result.h"
#include "host/runtime/container_options.h"

namespace bulkhead::cli {

class RawTerminal {
  public:
    explicit RawTerminal(int fd) : fd_(fd) {}

    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;

    ~RawTerminal() { restore(); }

    Result<void> enter();
    void restore();

  private:
    int fd_;
    std::optional<termios> saved_;
};

// Zeroes when it is no terminal.
runtime::TerminalSize terminal_size(int fd);

}  // namespace bulkhead::cli
