#include "guest-agent/stdio/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/log.h"
#include "base/syscalls.h"

namespace bulkhead::agent {
namespace {

constexpr std::size_t kSpliceBytes = std::size_t{1024} * 1024;
constexpr std::size_t kCopyBytes = std::size_t{64} * 1024;
// Turns before the loop gets to serve others.
constexpr int kTurns = 16;
// What a terminal can hold is not told by FIONREAD alone; its buffers are bounded by this.
constexpr std::size_t kTerminalBytes = std::size_t{128} * 1024;

std::size_t bytes_in(int source) {
    if (::isatty(source) == 1) return kTerminalBytes;
    int waiting = 0;
    if (::ioctl(source, FIONREAD, &waiting) != 0 || waiting < 0) return 0;
    return static_cast<std::size_t>(waiting);
}

bool ready(int fd, short events) {
    pollfd asked{.fd = fd, .events = events, .revents = 0};
    return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

Relay::Relay(EventLoop& loop, UniqueFd source, UniqueFd sink, std::function<void()> on_done)
    : loop_(loop),
      source_(std::move(source)),
      sink_(std::move(sink)),
      on_done_(std::move(on_done)) {
    watch();
    source_ready_.arm(EventLoop::Interest::Read);
}

void Relay::watch() {
    for (const int fd : {source_.get(), sink_.get()}) {
        if (auto set = set_nonblocking(fd); !set) log::warning(set.error().message());
    }
    spliceable_ = ::isatty(source_.get()) != 1 && ::isatty(sink_.get()) != 1;
    source_ready_ = loop_.waiter(source_.get(), [this](EventLoop::Interest) { pump(); });
    sink_ready_ = loop_.waiter(sink_.get(), [this](EventLoop::Interest) { pump(); });
}

void Relay::hold() {
    held_ = true;
    source_ready_.reset();
    sink_ready_.reset();
}

void Relay::replace_source(UniqueFd source) {
    if (!done()) source_ = std::move(source);
}

void Relay::replace_sink(UniqueFd sink) {
    if (!done()) sink_ = std::move(sink);
}

bool Relay::waits() const {
    const bool has_bytes = !pending_.empty() || ready(source_.get(), POLLIN);
    return !has_bytes || !ready(sink_.get(), POLLOUT);
}

void Relay::release() {
    if (!std::exchange(held_, false) || done()) return;
    watch();
    pump_soon();
}

void Relay::finish() {
    if (done() || remaining_) return;
    release();
    remaining_ = bytes_in(source_.get());
    pump_soon();
}

void Relay::pump_soon() {
    loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) pump();
    });
}

void Relay::pump() {
    if (done() || held_) return;
    for (int turn = 0; turn < kTurns; ++turn) {
        switch (move_some()) {
            case Step::Moved:
                continue;
            case Step::SourceEmpty:
                if (remaining_) return close();  // less was there than it seemed
                return source_ready_.arm(EventLoop::Interest::Read);
            case Step::SinkFull:
                return sink_ready_.arm(EventLoop::Interest::Write);
            case Step::Over:
                return close();
        }
    }
    pump_soon();
}

Relay::Step Relay::move_some() {
    if (!pending_.empty()) return write_pending();
    if (remaining_ == std::size_t{0}) return Step::Over;
    return spliceable_ ? splice_some() : copy_some();
}

Relay::Step Relay::splice_some() {
    const std::size_t wanted = std::min(kSpliceBytes, remaining_.value_or(kSpliceBytes));
    const ssize_t moved = ::splice(source_.get(), nullptr, sink_.get(), nullptr, wanted,
                                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved > 0) {
        count(static_cast<std::size_t>(moved));
        return Step::Moved;
    }
    if (moved == 0) return Step::Over;
    if (errno == EINTR) return Step::Moved;
    if (errno == EAGAIN) return which_one_waits();
    if (errno == EINVAL) {  // neither is a pipe, or one of them has no splice
        spliceable_ = false;
        return Step::Moved;
    }
    return Step::Over;
}

// splice() says EAGAIN for both. When both look ready nevertheless, copying makes progress.
Relay::Step Relay::which_one_waits() {
    if (!ready(source_.get(), POLLIN)) return Step::SourceEmpty;
    if (!ready(sink_.get(), POLLOUT)) return Step::SinkFull;
    return copy_some();
}

Relay::Step Relay::copy_some() {
    std::array<std::byte, kCopyBytes> buffer;  // filled by read
    const std::size_t wanted = std::min(buffer.size(), remaining_.value_or(buffer.size()));
    const ssize_t got = ::read(source_.get(), buffer.data(), wanted);
    if (got < 0 && errno == EINTR) return Step::Moved;
    if (got < 0 && errno == EAGAIN) return Step::SourceEmpty;
    if (got <= 0) return Step::Over;  // a terminal that nobody has open gives EIO
    const auto size = static_cast<std::size_t>(got);
    count(size);
    pending_.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    return write_pending();
}

Relay::Step Relay::write_pending() {
    const ssize_t written = ::write(sink_.get(), pending_.data(), pending_.size());
    if (written < 0 && errno == EINTR) return Step::Moved;
    if (written < 0 && errno == EAGAIN) return Step::SinkFull;
    if (written < 0) return Step::Over;
    pending_.erase(pending_.begin(), pending_.begin() + written);
    if (pending_.empty()) std::vector<std::byte>().swap(pending_);
    return Step::Moved;
}

void Relay::count(std::size_t moved) {
    if (remaining_) *remaining_ -= std::min(moved, *remaining_);
}

void Relay::close() {
    source_ready_.reset();
    sink_ready_.reset();
    source_.reset();
    sink_.reset();
    const auto on_done = std::move(on_done_);
    on_done();
}

}  // namespace bulkhead::agent
