// Checks the host's launch packet as a whole and turns it into a MachineConfig. Nothing of the
// message is used before all of it has been checked. proto/vmm.proto. Thread: any.
#pragma once

#include "base/packet_channel.h"
#include "base/result.h"
#include "vmm/machine/config.h"

namespace bulkhead::control {

// The error says which field is wrong. Descriptors that no field names are closed.
Result<machine::MachineConfig> parse_launch(Packet packet);

}  // namespace bulkhead::control
