#include "tools/bulkhead/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace bulkhead::cli {

Result<void> RawTerminal::enter() {
    termios settings{};
    if (::tcgetattr(fd_, &settings) != 0) return errno_error("read the terminal's settings");
    const termios original = settings;
    ::cfmakeraw(&settings);
    if (::tcsetattr(fd_, TCSANOW, &settings) != 0) return errno_error("set the terminal to raw");
    if (!saved_) saved_ = original;
    return {};
}

void RawTerminal::restore() {
    if (!saved_) return;
    // Nothing can be done about a failure: the terminal is gone.
    while (::tcsetattr(fd_, TCSANOW, &*saved_) != 0 && errno == EINTR) {
    }
    saved_.reset();
}

runtime::TerminalSize terminal_size(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return {};
    return {size.ws_row, size.ws_col};
}

}  // namespace bulkhead::cli
