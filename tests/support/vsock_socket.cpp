#include "tests/support/vsock_socket.h"

#include <algorithm>

#include "base/check.h"

namespace bulkhead::test {

using vsock::Operation;

GuestSocket::GuestSocket(VsockGuest& guest, std::uint32_t host_port, std::uint32_t guest_port,
                         std::uint32_t buffer_allocation)
    : guest_(guest),
      host_port_(host_port),
      guest_port_(guest_port),
      buffer_allocation_(buffer_allocation) {}

UniqueFd GuestSocket::connect() {
    transmit(Operation::Request);
    on_packet(guest_.receive_one());
    UniqueFd socket = std::move(guest_.host.opened.back().second);
    guest_.host.opened.pop_back();
    return socket;
}

void GuestSocket::on_packet(const GuestPacket& packet) {
    BULKHEAD_CHECK(packet.header.destination_port == guest_port_);
    peer_buffer_ = packet.header.buffer_allocation;
    peer_forwarded_ = packet.header.forward_count;
    switch (packet.header.operation) {
        case Operation::Data:
            return enqueue(packet);
        case Operation::CreditRequest:
            return transmit(Operation::CreditUpdate);
        case Operation::Shutdown:
            peer_shutdown_ |= packet.header.flags;
            return;
        case Operation::Reset:
            reset_ = true;
            return;
        default:
            return;
    }
}

// virtio_transport_inc_rx_pkt(), without the merging of small packets that only newer kernels do.
void GuestSocket::enqueue(const GuestPacket& packet) {
    if ((peer_shutdown_ & vsock::kShutdownSend) != 0) fault_ = "data after Shutdown";
    if (packet.payload.empty()) fault_ = "empty data packet";
    if (std::uint64_t{used_} + packet.payload.size() > buffer_allocation_) fault_ = "over credit";
    const std::uint64_t overhead = (queue_.size() + 1) * kPacketOverhead;
    if (overhead > buffer_allocation_ && !queue_.empty()) fault_ = "too many packets";
    used_ += static_cast<std::uint32_t>(packet.payload.size());
    readable_ += packet.payload.size();
    queue_.push_back({packet.payload});
    most_packets_ = std::max(most_packets_, queue_.size());
}

std::size_t GuestSocket::send(std::span<const std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const std::size_t part =
            std::min<std::size_t>({bytes.size() - done, vsock::kMaxPayload, space()});
        if (part == 0) break;
        sent_ += static_cast<std::uint32_t>(part);
        transmit(Operation::Data, bytes.subspan(done, part));
        done += part;
    }
    return done;
}

// virtio_transport_has_space()
std::uint32_t GuestSocket::space() const {
    const std::int64_t window = std::min(peer_buffer_, buffer_allocation_);
    const std::int64_t left = window - std::int64_t{sent_ - peer_forwarded_};
    return static_cast<std::uint32_t>(std::max<std::int64_t>(left, 0));
}

// virtio_transport_stream_do_dequeue()
std::vector<std::byte> GuestSocket::read(std::size_t most) {
    std::vector<std::byte> bytes;
    while (bytes.size() < most && !queue_.empty()) {
        Queued& first = queue_.front();
        const std::size_t part = std::min(most - bytes.size(), first.bytes.size() - first.offset);
        const auto from = first.bytes.begin() + static_cast<std::ptrdiff_t>(first.offset);
        bytes.insert(bytes.end(), from, from + static_cast<std::ptrdiff_t>(part));
        first.offset += part;
        if (first.offset < first.bytes.size()) continue;
        used_ -= static_cast<std::uint32_t>(first.bytes.size());
        forwarded_ += static_cast<std::uint32_t>(first.bytes.size());
        queue_.pop_front();
    }
    readable_ -= bytes.size();
    const std::uint32_t news = forwarded_ - told_;
    if (news != 0 && (buffer_allocation_ - news < vsock::kMaxPayload || readable_ == 0)) {
        transmit(Operation::CreditUpdate);
    }
    return bytes;
}

void GuestSocket::shut_down(std::uint32_t flags) {
    transmit(Operation::Shutdown, {}, flags);
}

void GuestSocket::set_buffer(std::uint32_t bytes) {
    buffer_allocation_ = bytes;
    transmit(Operation::CreditUpdate);
}

void GuestSocket::transmit(Operation operation, std::span<const std::byte> payload,
                           std::uint32_t flags) {
    auto header = VsockGuest::header(host_port_, guest_port_, operation,
                                     static_cast<std::uint32_t>(payload.size()));
    header.flags = flags;
    header.buffer_allocation = buffer_allocation_;
    header.forward_count = forwarded_;
    told_ = forwarded_;
    guest_.send(header, payload);
}

}  // namespace bulkhead::test
