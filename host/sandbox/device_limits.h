// How much a machine's disks may move in a second, all of them together, and its streams in each
// direction; 0: no limit. The monitor enforces it. Thread: any.
#pragma once

#include <cstdint>

namespace bulkhead::vmm::v1 {
class DeviceLimits;
}

namespace bulkhead::sandbox {

struct DeviceLimits {
    std::uint64_t read_bytes = 0;
    std::uint64_t write_bytes = 0;
    std::uint64_t read_operations = 0;
    std::uint64_t write_operations = 0;
    std::uint64_t stream_bytes = 0;
    std::uint64_t stream_packets = 0;

    friend bool operator==(const DeviceLimits&, const DeviceLimits&) = default;
};

void write_device_limits(const DeviceLimits& limits, vmm::v1::DeviceLimits& wire);
DeviceLimits read_device_limits(const vmm::v1::DeviceLimits& wire);

}  // namespace bulkhead::sandbox
