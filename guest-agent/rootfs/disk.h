// Disks of the guest, found by the serial that the host gave them. Thread: any.
#pragma once

#include <string>

#include "base/result.h"

namespace bulkhead::agent {

// "/dev/vda" for the virtio-blk disk with this serial.
Result<std::string> find_disk(const std::string& serial);

}  // namespace bulkhead::agent
