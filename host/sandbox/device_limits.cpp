#include "host/sandbox/device_limits.h"

#include "proto/vmm.pb.h"

namespace bulkhead::sandbox {

void write_device_limits(const DeviceLimits& limits, vmm::v1::DeviceLimits& wire) {
    wire.set_read_bytes(limits.read_bytes);
    wire.set_write_bytes(limits.write_bytes);
    wire.set_read_operations(limits.read_operations);
    wire.set_write_operations(limits.write_operations);
    wire.set_stream_bytes(limits.stream_bytes);
    wire.set_stream_packets(limits.stream_packets);
}

DeviceLimits read_device_limits(const vmm::v1::DeviceLimits& wire) {
    return {wire.read_bytes(),       wire.write_bytes(),  wire.read_operations(),
            wire.write_operations(), wire.stream_bytes(), wire.stream_packets()};
}

}  // namespace bulkhead::sandbox
