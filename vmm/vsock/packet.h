// The header that starts every vsock packet, as plain values. virtio 1.2 §5.10.6.
//
// A header is copied out of guest memory once and parsed from the copy; whatever the guest wrote
// gives a Header, and Connection and Muxer judge it. Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bulkhead::vsock {

inline constexpr std::size_t kHeaderSize = 44;
// The largest payload that Linux puts into one packet, and the largest that we do.
inline constexpr std::uint32_t kMaxPayload = 64 * 1024;

inline constexpr std::uint16_t kTypeStream = 1;

// Any other value is possible in a guest's packet.
enum class Operation : std::uint16_t {
    Request = 1,
    Response = 2,
    Reset = 3,
    Shutdown = 4,
    Data = 5,
    CreditUpdate = 6,
    CreditRequest = 7,
};

// Flags of Shutdown: its sender will not receive, will not send any more.
inline constexpr std::uint32_t kShutdownReceive = 1;
inline constexpr std::uint32_t kShutdownSend = 2;
inline constexpr std::uint32_t kShutdownBoth = kShutdownReceive | kShutdownSend;

struct Header {
    std::uint64_t source_cid = 0;
    std::uint64_t destination_cid = 0;
    std::uint32_t source_port = 0;
    std::uint32_t destination_port = 0;
    std::uint32_t length = 0;  // of the payload
    std::uint16_t type = kTypeStream;
    Operation operation{};
    std::uint32_t flags = 0;
    std::uint32_t buffer_allocation = 0;  // the sender's receive buffer for this stream
    std::uint32_t forward_count = 0;      // bytes that have left that buffer, modulo 2^32

    friend bool operator==(const Header&, const Header&) = default;
};

using HeaderBytes = std::array<std::byte, kHeaderSize>;

[[nodiscard]] Header parse_header(const HeaderBytes& bytes);
[[nodiscard]] HeaderBytes print_header(const Header& header);

}  // namespace bulkhead::vsock
