#include "vmm/machine/devices.h"

#include <utility>

#include "vmm/block/block_device.h"
#include "vmm/block/stitched_disk.h"
#include "vmm/rng/rng_device.h"

namespace bulkhead::machine {

namespace {

using Devices = std::vector<std::unique_ptr<virtio::VirtioDevice>>;

// Disk work that may block is done on these, for all disks together.
constexpr unsigned kDiskWorkers = 4;

Result<void> add_disks(EventLoop& loop, std::vector<DiskConfig> disks, MachineParts& parts,
                       Devices& devices) {
    if (disks.empty()) return {};
    parts.workers = TRY(block::IoWorkers::create(loop, kDiskWorkers));
    for (DiskConfig& disk : disks) {
        block::StitchedDisk::Options options{.files = std::move(disk.files),
                                             .segments = std::move(disk.segments),
                                             .read_only = disk.read_only};
        auto stitched = TRY_CONTEXT(
            block::StitchedDisk::create(std::move(options), *parts.workers), "disk " + disk.serial);
        devices.push_back(
            std::make_unique<block::BlockDevice>(loop, std::move(stitched), disk.serial));
    }
    return {};
}

void add_vsock(const MachineContext& context, MachineParts& parts, Devices& devices) {
    auto device = std::make_unique<vsock::VsockDevice>(context.loop, context.streams);
    parts.vsock = device.get();
    devices.push_back(std::move(device));
}

void add_balloon(const MachineContext& context, MachineParts& parts, Devices& devices) {
    auto device = std::make_unique<balloon::BalloonDevice>(parts.memory, context.loop);
    parts.balloon = device.get();
    devices.push_back(std::move(device));
}

}  // namespace

Result<Devices> make_devices(const MachineContext& context, MachineConfig& config,
                             MachineParts& parts) {
    Devices devices;
    TRY(add_disks(context.loop, std::move(config.disks), parts, devices));
    add_vsock(context, parts, devices);
    devices.push_back(std::make_unique<rng::RngDevice>(context.loop));
    add_balloon(context, parts, devices);
    return devices;
}

}  // namespace bulkhead::machine
