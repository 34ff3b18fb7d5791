#include "vmm/vsock/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"

namespace bulkhead::vsock {

using memory::GuestSlice;

namespace {

// One sendmsg of at most these; the kernel takes up to IOV_MAX, a socket seldom so much.
constexpr std::size_t kMaxRuns = 256;

// The bytes that the socket took, none when it is full; negative when the host does not read any
// more. The flags make the call independent of how the host set the socket up.
ssize_t send_some(int socket, std::span<iovec> runs) {
    msghdr message{};
    message.msg_iov = runs.data();
    message.msg_iovlen = runs.size();
    while (true) {
        const ssize_t count = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count >= 0) return count;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? 0 : -1;
    }
}

enum class Read { Data, Nothing, EndOfFile, Closed };

struct ReadResult {
    Read kind = Read::Nothing;
    std::size_t bytes = 0;
};

// Whether the other end is closed, not just shut down for writing.
bool hung_up(int socket) {
    pollfd poll_fd{.fd = socket, .events = 0, .revents = 0};
    return ::poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLHUP) != 0;
}

ReadResult read_some(int socket, std::span<const iovec> runs) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(runs.data());  // the call does not change them
    message.msg_iovlen = runs.size();
    while (true) {
        const ssize_t count = ::recvmsg(socket, &message, MSG_DONTWAIT);
        if (count > 0) return {Read::Data, static_cast<std::size_t>(count)};
        if (count == 0) return {hung_up(socket) ? Read::Closed : Read::EndOfFile};
        if (errno == EAGAIN) return {Read::Nothing};
        if (errno != EINTR) return {Read::Closed};
    }
}

}  // namespace

Stream::Stream(Connection connection, UniqueFd socket, StreamThrottles& throttles)
    : connection_(connection),
      socket_(std::move(socket)),
      held_(connection.buffer()),
      to_guest_{throttles.to_guest.of(connection.ports().host)},
      to_host_{throttles.to_host.of(connection.ports().host)} {}

Stream::~Stream() {
    to_guest_.throttle.drop(&to_guest_);
    to_host_.throttle.drop(&to_host_);
}

void Stream::queue(std::span<const GuestSlice> payload) {
    queued_.insert(queued_.end(), payload.begin(), payload.end());
}

Actions Stream::flush() {
    if (queued_.empty()) return {};
    const bool may_write = held_.empty() && to_host_.throttle.open();
    const ssize_t count = may_write ? write_queued() : 0;
    if (count >= 0) {
        std::uint64_t skip = static_cast<std::uint64_t>(count);
        for (const GuestSlice& slice : queued_) {
            const std::uint64_t done = std::min(skip, slice.size());
            skip -= done;
            if (done < slice.size()) held_.append(slice.part(done, slice.size() - done));
        }
    }
    queued_.clear();
    return written(count);
}

ssize_t Stream::write_queued() {
    std::array<iovec, kMaxRuns> runs;
    ssize_t total = 0;
    for (std::size_t at = 0; at < queued_.size(); at += kMaxRuns) {
        const std::size_t count = std::min(kMaxRuns, queued_.size() - at);
        std::size_t offered = 0;
        for (std::size_t i = 0; i < count; ++i) {
            runs[i] = queued_[at + i].io();
            offered += runs[i].iov_len;
        }
        const ssize_t sent = send_some(socket_.get(), std::span(runs).first(count));
        if (sent < 0) return sent;
        total += sent;
        if (static_cast<std::size_t>(sent) < offered) break;
    }
    return total;
}

Actions Stream::on_writable() {
    if (held_.empty() || !host_open() || !to_host_.throttle.open()) return {};
    auto runs = held_.runs();
    const ssize_t count = send_some(socket_.get(), runs);
    if (count > 0) held_.consume(static_cast<std::size_t>(count));
    return written(count);
}

Actions Stream::written(ssize_t count) {
    if (count < 0) return connection_.on_host_stopped_reading();
    to_host_.throttle.charge(static_cast<std::uint64_t>(count), 0);
    return connection_.on_forwarded(static_cast<std::uint32_t>(count));
}

bool Stream::wants_turn() const {
    return connection_.has_control() || (readable_ && connection_.may_send()) ||
           connection_.has_credit_packet(readable_);
}

Stream::Turn Stream::take_turn(RxRing& ring) {
    const bool control = connection_.has_control();
    if (!control && readable_ && connection_.may_send()) return send_data(ring);
    if (!control && !connection_.has_credit_packet(readable_)) return {};
    if (ring.acquire(1) == 0) return {.starved = true, .actions = {}};
    const Header packet = control ? connection_.take_control() : connection_.take_credit_packet();
    ring.finish({&packet, 1});
    return {};
}

Stream::Turn Stream::send_data(RxRing& ring) {
    if (!to_guest_.throttle.open()) {
        // perform() waits for the socket again when more may be read.
        readable_ = false;
        return {};
    }
    const std::size_t wanted = std::min<std::size_t>(connection_.sendable_packets(), kTurnPackets);
    if (ring.acquire(wanted) == 0) return {.starved = true, .actions = {}};
    const auto runs = ring.offer(connection_.sendable_bytes());
    const ReadResult read = read_some(socket_.get(), runs);
    if (read.kind == Read::Data) {
        std::size_t offered = 0;
        for (const iovec& run : runs) offered += run.iov_len;
        // A short read emptied the socket.
        if (read.bytes < offered) readable_ = false;
        commit(ring, read.bytes);
        return {};
    }
    readable_ = false;
    ring.finish({});
    switch (read.kind) {
        case Read::EndOfFile:
            return {.actions = connection_.on_host_end_of_file()};
        case Read::Closed:
            return {.actions = connection_.on_host_closed()};
        default:
            return {};
    }
}

void Stream::commit(RxRing& ring, std::size_t bytes) {
    std::array<Header, kTurnPackets> packets;
    std::size_t count = 0;
    const std::size_t total = bytes;
    while (bytes > 0) {
        const auto part =
            static_cast<std::uint32_t>(std::min<std::size_t>(bytes, ring.capacity(count)));
        packets[count] = connection_.take_data_packet(part);
        bytes -= part;
        ++count;
    }
    ring.finish(std::span(packets).first(count));
    to_guest_.throttle.charge(total, count);
}

void Stream::perform(const Actions& actions) {
    if (actions.discard) {
        held_.clear();
        queued_.clear();
    }
    if (actions.end_host_input) end_host_input_ = true;
    if (actions.stop_host_output) forget_host_output();
    if (actions.close_host) close_host_ = true;
    end_when_written();
    if (!host_open()) return;
    if (!held_.empty()) arm(EventLoop::Interest::Write, to_host_);
    if (!readable_ && connection_.reads_host()) arm(EventLoop::Interest::Read, to_guest_);
}

void Stream::arm(EventLoop::Interest interest, Gate& gate) {
    if (gate.waits) return;
    if (gate.throttle.open()) return waiter_.arm(interest);
    gate.waits = true;
    gate.throttle.wait_until_open(&gate, [this, interest, &gate] {
        gate.waits = false;
        if (host_open()) waiter_.arm(interest);
    });
}

// A socket that is closed with unread data gives its other end a connection reset instead of
// end-of-file, which would look like lost output. So what the guest will never read is read here.
void Stream::forget_host_output() {
    readable_ = false;
    if (!host_open()) return;
    ::shutdown(socket_.get(), SHUT_RD);
    std::array<std::byte, 16 * 1024> bytes;
    const iovec run{.iov_base = bytes.data(), .iov_len = bytes.size()};
    // Nothing can be added any more, so a bound is only for a socket of unusual size.
    for (int round = 0; round < 64; ++round) {
        if (read_some(socket_.get(), {&run, 1}).kind != Read::Data) break;
    }
}

void Stream::end_when_written() {
    if (!held_.empty() || !queued_.empty() || !host_open()) return;
    if (close_host_) {
        waiter_.reset();
        socket_.reset();
    } else if (std::exchange(end_host_input_, false)) {
        ::shutdown(socket_.get(), SHUT_WR);
    }
}

}  // namespace bulkhead::vsock
