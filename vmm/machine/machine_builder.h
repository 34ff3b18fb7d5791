// Builds a machine for a fresh boot or from a snapshot, step by step; each step is named in `steps`
// when it is done.
//
// Thread: loop. Errors: what the host's descriptors or this host's KVM do not allow, with the step.
#pragma once

#include <memory>

#include "base/event_loop.h"
#include "base/result.h"
#include "vmm/lockdown/role.h"
#include "vmm/machine/config.h"
#include "vmm/machine/machine_parts.h"
#include "vmm/machine/start_steps.h"
#include "vmm/vsock/stream_host.h"

namespace bulkhead::machine {

struct MachineContext {
    EventLoop& loop;
    vsock::StreamHost& streams;
    StartSteps& steps;
    const lockdown::EnterRole& enter_role;  // may be empty
};

// The loop and the stream host must outlive the parts.
Result<std::unique_ptr<MachineParts>> build_machine(const MachineContext& context,
                                                    MachineConfig config);

}  // namespace bulkhead::machine
