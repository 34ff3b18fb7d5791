#include "host/sandbox/stream_end.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::sandbox {

namespace {

using Transfer = StreamEnd::Transfer;

Transfer outcome(ssize_t result) {
    if (result > 0) return {Transfer::Kind::Moved, static_cast<std::size_t>(result)};
    if (result == 0) return {Transfer::Kind::Ended, 0};
    const bool later = errno == EAGAIN;
    return {later ? Transfer::Kind::WouldBlock : Transfer::Kind::Failed, 0};
}

template <class Call>
Transfer retry(Call call) {
    ssize_t result = -1;
    do {
        result = call();
    } while (result < 0 && errno == EINTR);
    return outcome(result);
}

// Whether the open file behind this may be opened once more: pipes, and terminals that are no
// master side (opening that makes a new terminal).
bool can_reopen(int fd, mode_t mode) {
    if (S_ISFIFO(mode)) return true;
    unsigned int number = 0;
    return S_ISCHR(mode) && ::isatty(fd) == 1 && ::ioctl(fd, TIOCGPTN, &number) != 0;
}

// Invalid when the kernel refuses: another user's pipe, or one without a reader.
UniqueFd reopen(int fd, Direction direction) {
    const int access = direction == Direction::Read ? O_RDONLY : O_WRONLY;
    const std::string path = concat("/proc/self/fd/", fd);
    return UniqueFd(::open(path.c_str(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

bool epoll_accepts(int fd) {
    const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0 || errno != EPERM;
}

bool ready_to_write(int fd) {
    pollfd entry{fd, POLLOUT, 0};
    return ::poll(&entry, 1, 0) == 1;
}

}  // namespace

StreamEnd::StreamEnd(UniqueFd fd, bool socket) : fd_(std::move(fd)), socket_(socket) {}

Result<StreamEnd> StreamEnd::of_host(int fd, Direction direction) {
    struct stat status {};

    if (::fstat(fd, &status) != 0) return errno_error("fstat");
    UniqueFd own;
    if (can_reopen(fd, status.st_mode)) own = reopen(fd, direction);
    const bool reopened = own.valid();
    if (!reopened) own = TRY(duplicate(fd));
    StreamEnd end(std::move(own), S_ISSOCK(status.st_mode));
    end.blocking_ = !reopened && !end.socket_ && epoll_accepts(end.fd());
    return end;
}

Result<StreamEnd> StreamEnd::of_socket(UniqueFd socket) {
    TRY(set_nonblocking(socket.get()));
    return StreamEnd(std::move(socket), true);
}

Transfer StreamEnd::read(std::span<std::byte> buffer) const {
    return retry([&] {
        return socket_ ? ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT)
                       : ::read(fd(), buffer.data(), buffer.size());
    });
}

Transfer StreamEnd::write(std::span<const std::byte> bytes) const {
    if (blocking_) {
        // A pipe that is ready takes this much at once (pipe(7)).
        if (!ready_to_write(fd())) return {Transfer::Kind::WouldBlock, 0};
        bytes = bytes.first(std::min<std::size_t>(bytes.size(), PIPE_BUF));
    }
    return retry([&] {
        return socket_ ? ::send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                       : ::write(fd(), bytes.data(), bytes.size());
    });
}

void StreamEnd::finish_writing() const {
    if (socket_) ::shutdown(fd(), SHUT_WR);
}

}  // namespace bulkhead::sandbox
