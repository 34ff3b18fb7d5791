// One end of an AF_UNIX SOCK_SEQPACKET socket pair: bounded packets that may carry descriptors.
// The host and the VMM talk over one such pair (proto/vmm.proto). Thread: any one at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/scratch.h"
#include "base/unique_fd.h"

namespace bulkhead {

struct Packet {
    std::vector<std::byte> bytes;
    std::vector<UniqueFd> descriptors;
};

class PacketChannel {
  public:
    // Bounds on what is sent and accepted. The kernel passes at most 253 descriptors at once.
    static constexpr std::size_t kMaxBytes = 128 * 1024;
    static constexpr std::size_t kMaxDescriptors = 253;

    explicit PacketChannel(UniqueFd socket) : socket_(std::move(socket)) {}

    // Two connected ends.
    static Result<std::pair<PacketChannel, PacketChannel>> create_pair();

    [[nodiscard]] int fd() const { return socket_.get(); }

    // Sends one packet whole; blocks if the socket does. The descriptors stay the caller's.
    Result<void> send(std::span<const std::byte> bytes, std::span<const int> descriptors = {});

    // Receives one packet. Nothing when the peer has closed. An oversized packet is an error, and
    // its descriptors are closed. On a non-blocking socket with nothing to read: an error that is
    // EAGAIN.
    Result<std::optional<Packet>> receive();

  private:
    UniqueFd socket_;
    std::optional<Scratch> buffer_;  // from the first packet on
};

}  // namespace bulkhead
