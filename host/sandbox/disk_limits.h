// How much a machine's disks may move in a second, all of them together; 0: no limit. The monitor
// enforces it. Thread: any.
#pragma once

#include <cstdint>

namespace bulkhead::vmm::v1 {
class DiskLimits;
}

namespace bulkhead::sandbox {

struct DiskLimits {
    std::uint64_t read_bytes = 0;
    std::uint64_t write_bytes = 0;
    std::uint64_t read_operations = 0;
    std::uint64_t write_operations = 0;

    friend bool operator==(const DiskLimits&, const DiskLimits&) = default;
};

void write_disk_limits(const DiskLimits& limits, vmm::v1::DiskLimits& wire);
DiskLimits read_disk_limits(const vmm::v1::DiskLimits& wire);

}  // namespace bulkhead::sandbox
