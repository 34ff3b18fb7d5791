#include "host/sandbox/disk_limits.h"

#include "proto/vmm.pb.h"

namespace bulkhead::sandbox {

void write_disk_limits(const DiskLimits& limits, vmm::v1::DiskLimits& wire) {
    wire.set_read_bytes(limits.read_bytes);
    wire.set_write_bytes(limits.write_bytes);
    wire.set_read_operations(limits.read_operations);
    wire.set_write_operations(limits.write_operations);
}

DiskLimits read_disk_limits(const vmm::v1::DiskLimits& wire) {
    return {wire.read_bytes(), wire.write_bytes(), wire.read_operations(), wire.write_operations()};
}

}  // namespace bulkhead::sandbox
