#include "vmm/vsock/muxer.h"

#include <sys/socket.h>

#include <algorithm>

#include "base/syscalls.h"
#include "base/text.h"
#include "proto/ports.h"

namespace bulkhead::vsock {

using memory::GuestSlice;

Muxer::Muxer(EventLoop& loop, StreamHost& host, StreamThrottles& throttles, Timeouts timeouts,
             std::function<void()> work_waits)
    : loop_(loop),
      host_(host),
      throttles_(throttles),
      timeouts_(timeouts),
      work_waits_(std::move(work_waits)) {}

void Muxer::receive(const Header& header, std::span<const GuestSlice> payload) {
    if (header.source_cid != protocol::kGuestCid || header.destination_cid != protocol::kHostCid ||
        header.type != kTypeStream) {
        return refuse(header);
    }
    const PortPair ports{.host = header.destination_port, .guest = header.source_port};
    const auto found = streams_.find(ports);
    if (found == streams_.end()) {
        if (header.operation == Operation::Request) return accept(ports, header);
        return refuse(header);
    }
    Stream& stream = *found->second;
    // Before anything that may end the stream; order between data and the rest is the guest's.
    if (header.operation != Operation::Data) perform(stream, stream.flush());

    std::uint64_t present = 0;
    for (const GuestSlice& slice : payload) present += slice.size();
    const bool whole = header.operation != Operation::Data || present == header.length;
    const Actions actions =
        whole ? stream.connection().on_packet(header) : stream.connection().on_malformed();
    if (actions.deliver) {
        stream.queue(payload);
        if (unflushed_.empty() || unflushed_.back() != &stream) unflushed_.push_back(&stream);
    }
    perform(stream, actions);
}

void Muxer::end_batch() {
    // flush() never removes a stream.
    for (Stream* stream : unflushed_) perform(*stream, stream->flush());
    unflushed_.clear();
}

void Muxer::accept(PortPair ports, const Header& request) {
    if (full()) return refuse(request);
    auto pair = make_socketpair(SOCK_STREAM);
    if (!pair) {
        if (log_limit_.allow()) log::warning(concat("vsock: ", pair.error().message()));
        return refuse(request);
    }
    if (!host_.stream_opened(ports.host, std::move(pair->second))) return refuse(request);
    Stream& stream = add(Connection::accept(ports, next_buffer(), request), std::move(pair->first));
    perform(stream, {});
}

void Muxer::open_stream(std::uint32_t guest_port, UniqueFd socket) {
    int type = 0;
    socklen_t size = sizeof(type);
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
        log::warning("vsock: not a stream socket");
        return;
    }
    if (full()) return;
    PortPair ports{.host = 0, .guest = guest_port};
    do {
        ports.host = next_host_port_;
        next_host_port_ = (next_host_port_ + 1) | kFirstHostPort;
    } while (streams_.contains(ports));
    Stream& stream = add(Connection::request(ports, next_buffer()), std::move(socket));
    start_timer(stream, timeouts_.connect);
    perform(stream, {});
    notify();
}

bool Muxer::full() {
    if (stream_count() < kMaxStreams) return false;
    if (log_limit_.allow()) log::warning("vsock: too many streams");
    return true;
}

std::uint32_t Muxer::next_buffer() const {
    return stream_count() < kStreamsWithFullBuffer ? kBuffer : kSmallBuffer;
}

Stream& Muxer::add(Connection connection, UniqueFd socket) {
    auto stream = std::make_unique<Stream>(connection, std::move(socket), throttles_);
    Stream& added = *stream;
    added.watch_with(loop_.waiter(added.socket(),
                                  [this, &added](auto interest) { on_socket(added, interest); }));
    streams_.emplace(connection.ports(), std::move(stream));
    return added;
}

void Muxer::on_socket(Stream& stream, EventLoop::Interest interest) {
    if (interest == EventLoop::Interest::Read) {
        stream.on_readable();
        perform(stream, {});
    } else {
        perform(stream, stream.on_writable());
    }
    notify();
}

void Muxer::perform(Stream& stream, const Actions& actions) {
    stream.perform(actions);
    if (actions.start_timer) start_timer(stream, timeouts_.close);
    if (actions.reset_guest) queue_reset(stream.connection().reset_packet());
    if (actions.remove) return remove(stream);
    if (stream.connection().state() != Connection::State::Closed) return schedule(stream);
    if (stream.host_open()) return;
    std::erase_if(draining_, [&](const auto& other) { return other.get() == &stream; });
}

void Muxer::start_timer(Stream& stream, std::chrono::milliseconds delay) {
    stream.start_timer(loop_.after(delay, [this, &stream] {
        perform(stream, stream.connection().on_timeout());
        notify();
    }));
}

void Muxer::remove(Stream& stream) {
    if (stream.scheduled) std::erase(ready_, &stream);
    stream.scheduled = false;
    std::erase(unflushed_, &stream);
    auto node = streams_.extract(stream.connection().ports());
    if (stream.host_open()) draining_.push_back(std::move(node.mapped()));
}

void Muxer::schedule(Stream& stream) {
    if (stream.scheduled || !stream.wants_turn()) return;
    stream.scheduled = true;
    ready_.push_back(&stream);
}

void Muxer::notify() {
    if (!ready_.empty() || !resets_.empty()) work_waits_();
}

bool Muxer::pump(RxRing& ring) {
    for (int turns = 0; turns < kTurns; ++turns) {
        if (!resets_.empty()) {
            if (ring.acquire(1) == 0) return false;
            ring.finish({&resets_.front(), 1});
            resets_.pop_front();
            continue;
        }
        if (ready_.empty()) return false;
        Stream& stream = *ready_.front();
        const Stream::Turn turn = stream.take_turn(ring);
        if (turn.starved) return false;
        ready_.pop_front();
        stream.scheduled = false;
        perform(stream, turn.actions);
    }
    return !resets_.empty() || !ready_.empty();
}

void Muxer::refuse(const Header& header) {
    if (header.operation == Operation::Reset) return;
    queue_reset({.source_cid = header.destination_cid,
                 .destination_cid = protocol::kGuestCid,
                 .source_port = header.destination_port,
                 .destination_port = header.source_port,
                 .type = header.type,
                 .operation = Operation::Reset});
}

void Muxer::queue_reset(const Header& reset) {
    if (resets_.size() < kMaxResets) resets_.push_back(reset);
}

void Muxer::reset() {
    ready_.clear();
    unflushed_.clear();
    resets_.clear();
    streams_.clear();
    draining_.clear();
}

}  // namespace bulkhead::vsock
