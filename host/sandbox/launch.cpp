#include "host/sandbox/launch.h"

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

}  // namespace

Result<LaunchPacket> encode_launch(const Launch& launch) {
    vmm::v1::HostMessage message;
    vmm::v1::Launch& wire = *message.mutable_launch();
    LaunchPacket packet;
    wire.set_vcpus(launch.shape.vcpus);
    wire.set_memory_bytes(launch.shape.memory_bytes);
    wire.set_kvm_fd(attach(launch.kvm, packet.descriptors));
    wire.set_kernel_fd(attach(launch.kernel, packet.descriptors));
    if (launch.initrd) wire.set_initrd_fd(attach(*launch.initrd, packet.descriptors));
    if (launch.console.valid()) wire.set_console_fd(attach(launch.console, packet.descriptors));
    wire.set_kernel_arguments(launch.kernel_arguments);
    for (const LaunchDisk& disk : launch.disks) add_disk(disk, packet.descriptors, wire);
    if (launch.device_limits != DeviceLimits{})
        write_device_limits(launch.device_limits, *wire.mutable_device_limits());
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
