#include "vmm/control/disk_limits.h"

#include "proto/vmm.pb.h"

namespace bulkhead::control {

block::DiskLimits parse_disk_limits(const vmm::v1::DiskLimits& wire) {
    return {{wire.read_bytes(), wire.read_operations()},
            {wire.write_bytes(), wire.write_operations()}};
}

void write_disk_limits(const block::DiskLimits& limits, vmm::v1::DiskLimits& wire) {
    wire.set_read_bytes(limits.read.bytes);
    wire.set_read_operations(limits.read.operations);
    wire.set_write_bytes(limits.write.bytes);
    wire.set_write_operations(limits.write.operations);
}

}  // namespace bulkhead::control
