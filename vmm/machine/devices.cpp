#include "vmm/machine/devices.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "vmm/block/block_device.h"
#include "vmm/block/stitched_disk.h"
#include "vmm/rng/rng_device.h"

namespace bulkhead::machine {

namespace {

using Devices = std::vector<std::unique_ptr<virtio::VirtioDevice>>;

// Disk work that may block is done on these, for all disks together.
constexpr unsigned kDiskWorkers = 4;

// Refuses what would only fail, or block, when the guest uses it.
Result<void> check_file(const UniqueFd& file, bool read_only) {
    struct stat status {};

    if (::fstat(file.get(), &status) != 0) return errno_error("fstat");
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
        return Error("a descriptor is neither a regular file nor a block device");
    }
    const int mode = ::fcntl(file.get(), F_GETFL) & O_ACCMODE;
    const bool allowed = mode == O_RDWR || (read_only && mode == O_RDONLY);
    if (!allowed) return Error("a descriptor is not open for what the disk needs");
    return {};
}

Result<std::unique_ptr<block::Disk>> open_disk(DiskConfig config, block::IoWorkers& workers) {
    for (const UniqueFd& file : config.files) TRY(check_file(file, config.read_only));
    return block::StitchedDisk::create({.files = std::move(config.files),
                                        .segments = std::move(config.segments),
                                        .read_only = config.read_only},
                                       workers);
}

Result<void> add_disks(const MachineContext& context, std::vector<DiskConfig> disks,
                       MachineParts& parts, Devices& devices) {
    if (disks.empty()) return {};
    std::function<void()> on_start;
    if (context.enter_role)
        on_start = [enter = context.enter_role] { enter(lockdown::Role::Disk); };
    parts.workers = TRY(block::IoWorkers::create(context.loop, kDiskWorkers, std::move(on_start)));
    for (DiskConfig& config : disks) {
        const std::string serial = config.serial;
        auto disk = TRY_CONTEXT(open_disk(std::move(config), *parts.workers), "disk " + serial);
        devices.push_back(std::make_unique<block::BlockDevice>(context.loop, std::move(disk),
                                                               serial, *parts.throttles));
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
    parts.throttles = std::make_unique<block::DiskThrottles>(context.loop);
    parts.throttles->set(config.device_limits.disks);
    TRY(add_disks(context, std::move(config.disks), parts, devices));
    add_vsock(context, parts, devices);
    parts.vsock->set_limit(config.device_limits.streams);
    devices.push_back(std::make_unique<rng::RngDevice>(context.loop));
    add_balloon(context, parts, devices);
    return devices;
}

}  // namespace bulkhead::machine
