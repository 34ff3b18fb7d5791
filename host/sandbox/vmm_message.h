// What the monitor says, as plain values. The monitor may have been taken over by its guest: every
// packet is checked, and what it carries is bounded. Spec: proto/vmm.proto. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/packet_channel.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "host/sandbox/device_limits.h"
#include "host/sandbox/trace.h"

namespace bulkhead::sandbox {

// Its vCPUs are about to run.
struct VmStarted {
    std::vector<Moment> steps;
};

// The guest opened a stream to a port of ours.
struct VmStream {
    std::uint32_t port = 0;
    UniqueFd stream;
};

enum class EndCause {
    Unknown,  // the monitor ended without saying why
    GuestReset,
    GuestPanic,
    TripleFault,
    Stopped,
    InternalError,
    LaunchFailed,
};

struct VmEnded {
    EndCause cause = EndCause::Unknown;
    std::string detail;  // fit for a terminal
};

// No vCPU runs any more.
struct VmPaused {};

// What it holds its disks to from now on.
struct VmDeviceLimits {
    DeviceLimits limits;
};

// The VM's files are written, or why they are not; fit for a terminal.
struct VmSaved {
    std::string error;  // empty: both are whole
};

// The guest's writes, as the monitor counts them: pairs for runs_from_pairs().
struct VmWrites {
    std::vector<std::uint64_t> pages;
};

using VmmMessage =
    std::variant<VmStarted, VmStream, VmEnded, VmPaused, VmDeviceLimits, VmSaved, VmWrites>;

Result<VmmMessage> parse_vmm_message(Packet packet);

}  // namespace bulkhead::sandbox
