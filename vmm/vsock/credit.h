// Flow control of one stream, both ways. virtio 1.2 §5.10.6.3.
//
// Each side tells the other, in every header, the size of its receive buffer and the count of bytes
// that have left it; a sender may have at most the difference under way. Counters are modulo 2^32,
// and what the guest tells is only believed to its own harm: no result is ever negative or huge.
// Pure values. Thread: any one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "vmm/vsock/packet.h"

namespace bulkhead::vsock {

// What may be sent to the guest.
//
// Bytes are not all: Linux (6.12.92 and the other stable kernels of its time) also refuses a packet
// when (packets queued + 1) * SKB_TRUESIZE(0) exceeds its receive buffer, and resets the stream,
// although credit is left. So packets that the guest has not consumed are counted as well.
class SendCredit {
  public:
    // SKB_TRUESIZE(0) is 576 on x86-64 and arm64 and 640 with cache lines of 128 bytes; above that,
    // room for kernels whose structures are larger.
    static constexpr std::uint32_t kPacketOverhead = 1024;

    // From a header of the guest's.
    void update(std::uint32_t buffer_allocation, std::uint32_t forward_count);
    // One packet with `bytes` of payload has been sent.
    void sent(std::uint32_t bytes);

    [[nodiscard]] std::uint32_t bytes() const;
    [[nodiscard]] std::uint32_t packets() const;

    [[nodiscard]] bool any() const { return bytes() > 0 && packets() > 0; }

    [[nodiscard]] std::uint32_t peer_buffer() const { return peer_buffer_; }

  private:
    // Packets under way, oldest first, in a bounded number of groups: a group is consumed when its
    // last byte is, so a group that grows only delays, and never overstates what is consumed.
    struct Group {
        std::uint32_t end = 0;  // sent_ after its last packet
        std::uint32_t packets = 0;
    };

    static constexpr std::uint32_t kGroups = 16;

    [[nodiscard]] std::uint32_t packet_limit() const;

    [[nodiscard]] Group& newest() { return groups_[(first_ + count_ - 1) % kGroups]; }

    std::uint32_t peer_buffer_ = 0;
    std::uint32_t peer_forwarded_ = 0;
    std::uint32_t sent_ = 0;
    std::uint32_t packets_under_way_ = 0;
    std::array<Group, kGroups> groups_{};
    std::uint32_t first_ = 0;
    std::uint32_t count_ = 0;
};

// What the guest may send to us, which bounds the memory that one stream can take.
class ReceiveCredit {
  public:
    explicit ReceiveCredit(std::uint32_t buffer) : buffer_(buffer) {}

    // Takes a payload in. False when it does not fit: the guest ignored its credit.
    [[nodiscard]] bool receive(std::uint32_t bytes);
    // Bytes have left for the host, or were dropped on purpose.
    void forwarded(std::uint32_t bytes);

    // Received and not forwarded.
    [[nodiscard]] std::uint32_t held() const { return received_ - forwarded_; }

    // Whether the guest should hear of what was forwarded: it has used half of what it may send.
    // Linux also limits itself to its own buffer, so the smaller of the two counts.
    [[nodiscard]] bool update_due(std::uint32_t peer_buffer) const;

    // Fills the header's credit fields, which tells the guest.
    void tell(Header& header);

  private:
    std::uint32_t buffer_;
    std::uint32_t received_ = 0;
    std::uint32_t forwarded_ = 0;
    std::uint32_t told_ = 0;  // the forwarded_ that the guest has heard of
};

}  // namespace bulkhead::vsock
