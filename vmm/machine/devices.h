// The virtio devices of a machine, in the order of their slots. The one place that knows every kind
// of device. Thread: loop.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "vmm/machine/config.h"
#include "vmm/machine/machine_builder.h"
#include "vmm/machine/machine_parts.h"
#include "vmm/virtio/device.h"

namespace bulkhead::machine {

// Takes the disks' files out of `config`; notes in `parts` the devices that the host talks to.
Result<std::vector<std::unique_ptr<virtio::VirtioDevice>>> make_devices(
    const MachineContext& context, MachineConfig& config, MachineParts& parts);

}  // namespace bulkhead::machine
