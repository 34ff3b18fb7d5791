// MachineParts: everything a machine is made of, in the order in which it is built; destroyed in
// the reverse order, so that a part may refer to those above it.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "vmm/arch/arch.h"
#include "vmm/balloon/balloon_device.h"
#include "vmm/block/disk_throttles.h"
#include "vmm/block/io_workers.h"
#include "vmm/kvm/vcpu.h"
#include "vmm/kvm/vm.h"
#include "vmm/machine/guest_io.h"
#include "vmm/machine/legacy_devices.h"
#include "vmm/machine/virtio_slot.h"
#include "vmm/memory/guest_memory.h"
#include "vmm/vsock/vsock_device.h"

namespace bulkhead::machine {

struct MachineParts {
    MachineParts(memory::GuestMemory ram, kvm::Vm machine)
        : memory(std::move(ram)), vm(std::move(machine)) {}

    memory::GuestMemory memory;
    kvm::Vm vm;
    bool logs_writes = false;
    GuestIo io;
    std::unique_ptr<block::IoWorkers> workers;  // only when there are disks
    std::unique_ptr<block::DiskThrottles> throttles;
    std::unique_ptr<LegacyDevices> legacy;
    std::vector<std::unique_ptr<VirtioSlot>> slots;
    std::vector<std::unique_ptr<kvm::VirtualCpu>> vcpus;
    // The same, and what they are made like, for their state.
    std::vector<kvm::Vcpu*> processors;
    std::optional<arch::ProcessorModel> model;

    // Devices that the host talks to; they live in their slots.
    vsock::VsockDevice* vsock = nullptr;
    balloon::BalloonDevice* balloon = nullptr;
};

}  // namespace bulkhead::machine
