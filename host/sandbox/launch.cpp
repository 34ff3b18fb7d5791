#include "host/sandbox/launch.h"

#include "base/syscalls.h"
#include "base/text.h"
#include "proto/vmm.pb.h"

namespace bulkhead::sandbox {

namespace {

std::vector<std::byte> serialize(const vmm::v1::HostMessage& message) {
    std::vector<std::byte> bytes(message.ByteSizeLong());
    message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

// The index of the descriptor in the packet.
std::uint32_t attach(const UniqueFd& fd, std::vector<int>& descriptors) {
    descriptors.push_back(fd.get());
    return static_cast<std::uint32_t>(descriptors.size() - 1);
}

void add_disk(const LaunchDisk& disk, std::vector<int>& descriptors, vmm::v1::Launch& launch) {
    auto& added = *launch.add_disks();
    added.set_serial(disk.serial);
    added.set_read_only(disk.read_only);
    const auto first = static_cast<std::uint32_t>(descriptors.size());
    for (const UniqueFd& file : disk.files) attach(file, descriptors);
    for (const DiskExtent& extent : disk.extents) {
        auto& segment = *added.add_segments();
        segment.set_fd(first + static_cast<std::uint32_t>(extent.file));
        segment.set_file_offset(extent.offset);
        segment.set_length(extent.length);
    }
}

// Invalid, of one that is.
Result<UniqueFd> copy_fd(const UniqueFd& fd) {
    if (!fd.valid()) return UniqueFd();
    return duplicate(fd.get());
}

}  // namespace

Result<Launch> copy_of(const Launch& launch) {
    Launch copy;
    copy.kvm = TRY(copy_fd(launch.kvm));
    copy.kernel = TRY(copy_fd(launch.kernel));
    if (launch.initrd) copy.initrd = TRY(copy_fd(*launch.initrd));
    if (launch.restore) {
        UniqueFd state = TRY(copy_fd(launch.restore->state));
        UniqueFd memory = TRY(copy_fd(launch.restore->memory));
        copy.restore = Snapshot{std::move(state), std::move(memory), launch.restore->written};
    }
    copy.pause_at_first_stream = launch.pause_at_first_stream;
    copy.log_writes = launch.log_writes;
    copy.console = TRY(copy_fd(launch.console));
    copy.shape = launch.shape;
    copy.kernel_arguments = launch.kernel_arguments;
    for (const LaunchDisk& disk : launch.disks) {
        LaunchDisk same{disk.serial, disk.read_only, {}, disk.extents, disk.paths};
        for (const UniqueFd& file : disk.files) same.files.push_back(TRY(copy_fd(file)));
        copy.disks.push_back(std::move(same));
    }
    copy.device_limits = launch.device_limits;
    return copy;
}

Result<LaunchPacket> encode_launch(const Launch& launch) {
    vmm::v1::HostMessage message;
    vmm::v1::Launch& wire = *message.mutable_launch();
    LaunchPacket packet;
    wire.set_vcpus(launch.shape.vcpus);
    wire.set_memory_bytes(launch.shape.memory_bytes);
    wire.set_kvm_fd(attach(launch.kvm, packet.descriptors));
    if (launch.kernel.valid()) wire.set_kernel_fd(attach(launch.kernel, packet.descriptors));
    if (launch.initrd) wire.set_initrd_fd(attach(*launch.initrd, packet.descriptors));
    if (launch.console.valid()) wire.set_console_fd(attach(launch.console, packet.descriptors));
    wire.set_kernel_arguments(launch.kernel_arguments);
    for (const LaunchDisk& disk : launch.disks) add_disk(disk, packet.descriptors, wire);
    if (launch.device_limits != DeviceLimits{})
        write_device_limits(launch.device_limits, *wire.mutable_device_limits());
    if (launch.restore) {
        wire.mutable_restore()->set_state_fd(attach(launch.restore->state, packet.descriptors));
        wire.mutable_restore()->set_memory_fd(attach(launch.restore->memory, packet.descriptors));
    }
    if (launch.restore) {
        for (const std::uint64_t number : to_pairs(launch.restore->written))
            wire.mutable_restore()->add_written_pages(number);
    }
    wire.set_log_writes(launch.log_writes);
    wire.set_pause_at_first_stream(launch.pause_at_first_stream);
    packet.bytes = serialize(message);
    if (packet.descriptors.size() > PacketChannel::kMaxDescriptors ||
        packet.bytes.size() > PacketChannel::kMaxBytes) {
        return Error(
            concat("the image has too many layers for one machine: ", packet.descriptors.size(),
                   " files, at most ", PacketChannel::kMaxDescriptors, " can be handed over"));
    }
    return packet;
}

}  // namespace bulkhead::sandbox
