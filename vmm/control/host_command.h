// What the host asks for while the VM runs. proto/vmm.proto, HostMessage. Thread: any.
#pragma once

#include <cstdint>
#include <variant>

#include "base/packet_channel.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "vmm/block/disk_throttles.h"

namespace bulkhead::control {

struct OpenStream {
    std::uint32_t port = 0;
    UniqueFd socket;
};

struct Stop {};

struct SetBalloon {
    std::uint64_t bytes = 0;
};

struct Pause {};

struct Resume {};

struct SetDiskLimits {
    block::DiskLimits limits;
};

using HostCommand = std::variant<OpenStream, Stop, SetBalloon, Pause, Resume, SetDiskLimits>;

// Fails for anything that the host should not send: its bug, not the guest's.
Result<HostCommand> parse_host_command(Packet packet);

}  // namespace bulkhead::control
