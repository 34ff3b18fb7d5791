#include "vmm/control/device_limits.h"

#include "proto/vmm.pb.h"

namespace bulkhead::control {

machine::DeviceLimits parse_device_limits(const vmm::v1::DeviceLimits& wire) {
    return {.disks = {.read = {wire.read_bytes(), wire.read_operations()},
                      .write = {wire.write_bytes(), wire.write_operations()}},
            .streams = {wire.stream_bytes(), wire.stream_packets()}};
}

void write_device_limits(const machine::DeviceLimits& limits, vmm::v1::DeviceLimits& wire) {
    wire.set_read_bytes(limits.disks.read.bytes);
    wire.set_read_operations(limits.disks.read.operations);
    wire.set_write_bytes(limits.disks.write.bytes);
    wire.set_write_operations(limits.disks.write.operations);
    wire.set_stream_bytes(limits.streams.bytes);
    wire.set_stream_packets(limits.streams.operations);
}

}  // namespace bulkhead::control
