// GuestSocket: one stream socket of a Linux 6.12 guest, as net/vmw_vsock/virtio_transport_common.c
// behaves: when it sends credit updates, what it refuses. What Linux would reset the stream for is
// noted as a fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "tests/support/vsock_guest.h"

namespace bulkhead::test {

class GuestSocket {
  public:
    // SKB_TRUESIZE(0) on x86-64.
    static constexpr std::uint64_t kPacketOverhead = 576;

    GuestSocket(VsockGuest& guest, std::uint32_t host_port, std::uint32_t guest_port,
                std::uint32_t buffer_allocation = VsockGuest::kBufferAllocation);

    // connect(): the host's end.
    UniqueFd connect();

    // A packet for this socket.
    void on_packet(const GuestPacket& packet);

    // send(): as much as credit allows; gives how much.
    std::size_t send(std::span<const std::byte> bytes);
    // recv()
    std::vector<std::byte> read(std::size_t most);
    // shutdown()
    void shut_down(std::uint32_t flags);
    // setsockopt(SO_VM_SOCKETS_BUFFER_SIZE)
    void set_buffer(std::uint32_t bytes);

    [[nodiscard]] std::size_t readable() const { return readable_; }

    [[nodiscard]] std::uint32_t peer_shutdown() const { return peer_shutdown_; }

    [[nodiscard]] bool was_reset() const { return reset_; }

    [[nodiscard]] std::size_t most_packets() const { return most_packets_; }

    // What the host did wrong; empty when nothing.
    [[nodiscard]] const std::string& fault() const { return fault_; }

  private:
    struct Queued {
        std::vector<std::byte> bytes;
        std::size_t offset = 0;
    };

    void transmit(vsock::Operation operation, std::span<const std::byte> payload = {},
                  std::uint32_t flags = 0);
    void enqueue(const GuestPacket& packet);
    [[nodiscard]] std::uint32_t space() const;

    VsockGuest& guest_;
    std::uint32_t host_port_;
    std::uint32_t guest_port_;
    std::uint32_t buffer_allocation_;
    std::deque<Queued> queue_;
    std::size_t readable_ = 0;
    std::uint32_t used_ = 0;
    std::uint32_t forwarded_ = 0;
    std::uint32_t told_ = 0;
    std::uint32_t sent_ = 0;
    std::uint32_t peer_buffer_ = 0;
    std::uint32_t peer_forwarded_ = 0;
    std::uint32_t peer_shutdown_ = 0;
    bool reset_ = false;
    std::size_t most_packets_ = 0;
    std::string fault_;
};

}  // namespace bulkhead::test
