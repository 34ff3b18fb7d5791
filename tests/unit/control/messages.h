// Packets as a host would send them.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "base/packet_channel.h"
#include "base/syscalls.h"
#include "proto/vmm.pb.h"

namespace bulkhead::control::test {

namespace wire = bulkhead::vmm::v1;

inline std::vector<std::byte> encode(const wire::HostMessage& message) {
    const std::string text = message.SerializeAsString();
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

inline Packet packet_of(const wire::HostMessage& message, std::size_t descriptors) {
    Packet packet{encode(message), {}};
    for (std::size_t i = 0; i < descriptors; ++i) {
        packet.descriptors.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
    }
    return packet;
}

// A launch message that is accepted with six descriptors: kvm, kernel, initrd, console, two files.
inline wire::HostMessage good_launch() {
    wire::HostMessage message;
    wire::Launch* launch = message.mutable_launch();
    launch->set_vcpus(2);
    launch->set_memory_bytes(std::uint64_t{128} << 20);
    launch->set_kvm_fd(0);
    launch->set_kernel_fd(1);
    launch->set_initrd_fd(2);
    launch->set_console_fd(3);
    launch->set_kernel_arguments("quiet");
    wire::Disk* disk = launch->add_disks();
    disk->set_serial("lower");
    disk->set_read_only(true);
    for (const std::uint32_t fd : {4U, 5U, 4U}) {
        wire::DiskSegment* segment = disk->add_segments();
        segment->set_fd(fd);
        segment->set_file_offset(512);
        segment->set_length(4096);
    }
    return message;
}

inline constexpr std::size_t kGoodDescriptors = 6;

}  // namespace bulkhead::control::test
