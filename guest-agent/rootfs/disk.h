// Disks of the guest, found by the serial that the host gave them. Thread: any.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace bulkhead::agent {

struct DiskPlaces {
    std::string devices = "/sys/block";
    std::string kernel_log = "/dev/kmsg";
    // For the kernel to learn a disk's size: moments, unless the host is overloaded.
    std::chrono::milliseconds patience = std::chrono::minutes(1);
};

// "/dev/vda" for the virtio-blk disk with this serial. Waits until it has a size: in a machine that
// goes on from a snapshot the disk was put into an empty slot, and the kernel learns of that in
// work that it does on the side.
Result<std::string> find_disk(const std::string& serial, const DiskPlaces& places = {});

}  // namespace bulkhead::agent
