// A machine's state as a whole: read out of its parts, and put into new ones.
// docs/snapshot-format.md. Thread: loop, while no vCPU runs.
#pragma once

#include "base/result.h"
#include "vmm/machine/config.h"
#include "vmm/machine/machine_parts.h"
#include "vmm/snapshot/saved_machine.h"

namespace bulkhead::machine {

// Writes both files, which are empty. An error: they are not usable, or a device cannot be saved as
// it is now; the machine is as it was.
Result<void> save_machine(MachineParts& parts, const SnapshotFiles& files, memory::Swap swap);

// What the state file says, if it is for a machine with this configuration.
Result<snapshot::SavedMachine> read_saved(const MachineConfig& config);

// Brings parts with new vCPUs and devices to the saved state; their memory is there already.
Result<void> restore_machine(MachineParts& parts, const snapshot::SavedMachine& saved);

}  // namespace bulkhead::machine
