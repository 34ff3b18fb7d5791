// Limits of devices on the wire, both ways. proto/vmm.proto, DeviceLimits. Thread: any.
#pragma once

#include "vmm/machine/device_limits.h"

namespace bulkhead::vmm::v1 {
class DeviceLimits;
}

namespace bulkhead::control {

machine::DeviceLimits parse_device_limits(const vmm::v1::DeviceLimits& wire);
void write_device_limits(const machine::DeviceLimits& limits, vmm::v1::DeviceLimits& wire);

}  // namespace bulkhead::control
