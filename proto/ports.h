// Fixed numbers of the host <-> guest protocol that proto files cannot express.
#pragma once

#include <cstdint>
#include <string_view>

namespace bulkhead::protocol {

// The host's vsock port that the agent dials when it is ready to serve.
inline constexpr std::uint32_t kAgentPort = 1024;
// Ports of standard streams are numbered by the host from here up, each used once: the first
// process's, and those of processes that are started later.
inline constexpr std::uint32_t kFirstStreamPort = 0x1000'0000;
inline constexpr std::uint32_t kFirstExecPort = 0x1000'0010;
// Streams of work on files.
inline constexpr std::uint32_t kFirstFilePort = 0x2000'0000;

inline constexpr std::uint32_t kGuestCid =
    3;  // virtio 1.2 §5.10.4: the first CID that is not reserved
inline constexpr std::uint32_t kHostCid = 2;

// Host and agent of one generation understand each other wholly.
inline constexpr std::uint32_t kGeneration = 1;
inline constexpr std::uint32_t kOldestGeneration = 1;

// The process that Start starts.
inline constexpr std::string_view kInitProcess = "init";

// The serials of the disks that the host gives each VM.
inline constexpr std::string_view kLowerSerial = "lower";
inline constexpr std::string_view kUpperSerial = "upper";

// The descriptor on which the VMM finds its end of the control socket.
inline constexpr int kVmmControlDescriptor = 3;

}  // namespace bulkhead::protocol
