// Disk limits on the wire, both ways. proto/vmm.proto, DiskLimits. Thread: any.
#pragma once

#include "vmm/block/disk_throttles.h"

namespace bulkhead::vmm::v1 {
class DiskLimits;
}

namespace bulkhead::control {

block::DiskLimits parse_disk_limits(const vmm::v1::DiskLimits& wire);
void write_disk_limits(const block::DiskLimits& limits, vmm::v1::DiskLimits& wire);

}  // namespace bulkhead::control
