// What the host asks for while the VM runs. proto/vmm.proto, HostMessage. Thread: any.
#pragma once

#include <cstdint>
#include <variant>

#include "base/packet_channel.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "vmm/machine/config.h"
#include "vmm/machine/device_limits.h"
#include "vmm/memory/memory_file.h"

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

struct PauseAtStream {};

struct Resume {};

struct TakeWrites {};

struct SetDeviceLimits {
    machine::DeviceLimits limits;
};

struct Save {
    machine::SnapshotFiles files;
    memory::Swap swap = memory::Swap::Possible;
};

using HostCommand = std::variant<OpenStream, Stop, SetBalloon, Pause, PauseAtStream, Resume,
                                 SetDeviceLimits, Save, TakeWrites>;

// Fails for anything that the host should not send: its bug, not the guest's.
Result<HostCommand> parse_host_command(Packet packet);

}  // namespace bulkhead::control
