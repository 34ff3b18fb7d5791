#include "guest-agent/init/host_connection.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <array>
#include <utility>

#include "base/syscalls.h"
#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

constexpr std::chrono::milliseconds kSentPoll{1};
constexpr std::chrono::milliseconds kSentPatience{500};

// The stream itself is readable whenever gRPC has something to read; only its end is of interest
// here.
Result<UniqueFd> watch_hang_up(int stream) {
    UniqueFd watcher(::epoll_create1(EPOLL_CLOEXEC));
    if (!watcher.valid()) return errno_error("epoll_create1");
    epoll_event wanted{};
    wanted.events = EPOLLRDHUP;  // hang-ups and errors are always reported
    if (::epoll_ctl(watcher.get(), EPOLL_CTL_ADD, stream, &wanted) != 0)
        return errno_error("epoll_ctl");
    return watcher;
}

}  // namespace

Result<std::unique_ptr<HostConnection>> HostConnection::dial(EventLoop& loop, StreamDialer& dialer,
                                                             std::function<void()> on_lost) {
    const std::array<std::uint32_t, 1> ports = {protocol::kAgentPort};
    auto streams = TRY(dialer.dial(ports));
    UniqueFd hang_up = TRY(watch_hang_up(streams.at(0).get()));
    return std::unique_ptr<HostConnection>(
        new HostConnection(loop, std::move(streams.at(0)), std::move(hang_up), std::move(on_lost)));
}

HostConnection::HostConnection(EventLoop& loop, UniqueFd stream, UniqueFd hang_up,
                               std::function<void()> on_lost)
    : loop_(loop),
      stream_(std::move(stream)),
      hang_up_(std::move(hang_up)),
      on_lost_(std::move(on_lost)) {
    lost_watch_ = loop_.watch(hang_up_.get(), EventLoop::Interest::Read, [this] {
        lost_watch_.reset();
        on_lost_();
    });
}

Result<UniqueFd> HostConnection::stream() const {
    return duplicate(stream_.get());
}

void HostConnection::when_sent(std::function<void()> on_sent) {
    on_sent_ = std::move(on_sent);
    give_up_ = std::chrono::steady_clock::now() + kSentPatience;
    check_sent();
}

void HostConnection::check_sent() {
    int unsent = 0;
    const bool known = ::ioctl(stream_.get(), SIOCOUTQ, &unsent) == 0;
    const bool late = std::chrono::steady_clock::now() >= give_up_;
    if ((known && unsent == 0) || late) return std::exchange(on_sent_, nullptr)();
    sent_poll_ = loop_.after(kSentPoll, [this] { check_sent(); });
}

}  // namespace bulkhead::agent
