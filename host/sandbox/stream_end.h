// One of our own standard descriptors, made fit for an event loop without changing it for the
// processes that share it: O_NONBLOCK belongs to the open file, and so to the user's shell too.
// Thread: loop.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::sandbox {

enum class Direction { Read, Write };

// A descriptor that a pump moves bytes from or to.
class StreamEnd {
  public:
    // What a transfer came to. `count` is 0 at the end of a file.
    struct Transfer {
        enum class Kind { Moved, WouldBlock, Ended, Failed } kind;
        std::size_t count = 0;
    };

    // A pipe or terminal is opened anew where the kernel allows that, and is then non-blocking for
    // us alone. Otherwise writes are cut to what a ready descriptor takes without blocking.
    static Result<StreamEnd> of_host(int fd, Direction direction);
    // A stream socket that is ours alone.
    static Result<StreamEnd> of_socket(UniqueFd socket);

    [[nodiscard]] int fd() const { return fd_.get(); }

    // WouldBlock comes only from what epoll accepts: files and /dev/null are always ready.
    [[nodiscard]] Transfer read(std::span<std::byte> buffer) const;
    [[nodiscard]] Transfer write(std::span<const std::byte> bytes) const;

    // No more bytes will come (a socket), or nothing (anything else).
    void finish_writing() const;

  private:
    StreamEnd(UniqueFd fd, bool socket);

    UniqueFd fd_;
    bool socket_ = false;
    bool blocking_ = false;
};

}  // namespace bulkhead::sandbox
