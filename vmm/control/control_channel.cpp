#include "vmm/control/control_channel.h"

#include <optional>
#include <span>

#include "base/log.h"
#include "base/syscalls.h"

namespace bulkhead::control {

namespace {

bool would_block(const Error& error) {
    return error.is(std::errc::resource_unavailable_try_again);
}

}  // namespace

Result<std::unique_ptr<ControlChannel>> ControlChannel::create(EventLoop& loop,
                                                               PacketChannel channel) {
    TRY(set_nonblocking(channel.fd()));
    UniqueFd write_end = TRY(duplicate(channel.fd()));
    return std::unique_ptr<ControlChannel>(
        new ControlChannel(loop, std::move(channel), std::move(write_end)));
}

void ControlChannel::listen(Handlers handlers) {
    handlers_ = std::move(handlers);
    readable_ = loop_.watch(channel_.fd(), EventLoop::Interest::Read, [this] { receive(); });
}

void ControlChannel::receive() {
    auto packet = channel_.receive();
    if (!packet) {
        if (would_block(packet.error())) return;
        log::error("control socket: " + packet.error().message());
        close();
    } else if (!packet->has_value()) {
        close();
    } else {
        handlers_.on_packet(std::move(**packet));
    }
}

bool ControlChannel::send(std::vector<std::byte> bytes) {
    return queue({std::move(bytes), UniqueFd()}, kMaxQueued);
}

bool ControlChannel::send_for_guest(std::vector<std::byte> bytes, UniqueFd descriptor) {
    return queue({std::move(bytes), std::move(descriptor)}, kMaxQueuedForGuest);
}

bool ControlChannel::queue(Outgoing packet, std::size_t limit) {
    if (closed_ || queue_.size() >= limit) return false;
    queue_.push_back(std::move(packet));
    if (!writable_.active()) send_queued();
    return !closed_;
}

void ControlChannel::finish(std::vector<std::byte> bytes, std::function<void()> on_done) {
    readable_.reset();
    on_done_ = std::move(on_done);
    if (closed_) {
        on_done_();
        return;
    }
    queue_.clear();
    queue_.push_back({std::move(bytes), UniqueFd()});
    send_queued();
}

void ControlChannel::send_queued() {
    while (!queue_.empty()) {
        const Outgoing& packet = queue_.front();
        const int descriptor = packet.descriptor.get();
        const auto descriptors = std::span(&descriptor, packet.descriptor.valid() ? 1U : 0U);
        auto sent = channel_.send(packet.bytes, descriptors);
        if (!sent && would_block(sent.error())) {
            if (!writable_.active()) {
                writable_ = loop_.watch(write_end_.get(), EventLoop::Interest::Write,
                                        [this] { send_queued(); });
            }
            return;
        }
        if (!sent) {
            log::error("control socket: " + sent.error().message());
            close();
            return;
        }
        queue_.pop_front();
    }
    writable_.reset();
    if (on_done_) std::exchange(on_done_, nullptr)();
}

void ControlChannel::close() {
    if (closed_) return;
    closed_ = true;
    readable_.reset();
    writable_.reset();
    queue_.clear();
    if (on_done_) {
        std::exchange(on_done_, nullptr)();
    } else if (handlers_.on_closed) {
        handlers_.on_closed();
    }
}

}  // namespace bulkhead::control
