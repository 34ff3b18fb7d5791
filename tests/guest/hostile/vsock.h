// The driver's side of virtio-vsock, with every field of every packet the caller's to choose.
// virtio 1.2 §5.10.
#pragma once

#include "tests/guest/hostile/virtio.h"

namespace hostile {

struct Packet {
    std::uint64_t source_cid = 3;
    std::uint64_t destination_cid = 2;
    std::uint32_t source_port = 1;
    std::uint32_t destination_port = 1;
    std::uint32_t length = 0;
    std::uint16_t type = 1;
    std::uint16_t operation = 0;
    std::uint32_t flags = 0;
    std::uint32_t buffer_allocation = 256 * 1024;
    std::uint32_t forward_count = 0;
};

inline constexpr std::uint32_t kPacketBytes = 44;

// Operations.
inline constexpr std::uint16_t kRequest = 1;
inline constexpr std::uint16_t kResponse = 2;
inline constexpr std::uint16_t kReset = 3;
inline constexpr std::uint16_t kShutdown = 4;
inline constexpr std::uint16_t kData = 5;
inline constexpr std::uint16_t kCreditUpdate = 6;
inline constexpr std::uint16_t kCreditRequest = 7;

class VsockDriver {
  public:
    // Starts the device with this many receive buffers of so many bytes.
    explicit VsockDriver(const Device& device, std::uint16_t buffers = Queue::kSize,
                         std::uint32_t buffer_bytes = 4096);

    // Sends a header, and `payload` bytes behind it, and waits until the device has taken them.
    // False when it does not.
    bool send(const Packet& packet, std::uint32_t payload = 0);
    // The same without waiting; wait for room with settle().
    void post(const Packet& packet, std::uint32_t payload = 0);
    bool settle();

    // The next packet from the device; false when none comes. Its buffer is given back.
    bool receive(Packet& packet);

    // Whether there is one already.
    [[nodiscard]] bool has_packet() const { return receive_.used() != taken_; }

    // What the stream's answers to `packet` are: "Reset" when one is, or else the last one:
    // "Response", "another packet", "nothing".
    const char* answer_to(const Packet& packet, std::uint32_t payload = 0);

    // Opens and resets a stream.
    [[nodiscard]] bool works();

    [[nodiscard]] const Device& device() const { return device_; }

    Queue& transmit_queue() { return transmit_; }

  private:
    void give_buffer(std::uint16_t slot);

    Device device_;
    std::uint32_t buffer_bytes_;
    Queue receive_;
    Queue transmit_;
    std::uint16_t posted_ = 0;
    std::uint16_t taken_ = 0;
};

}  // namespace hostile
