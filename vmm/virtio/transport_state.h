// TransportState: a device behind its transport in a snapshot, as plain values. virtio 1.2 §4.2.2.
// Thread: any.
#pragma once

#include <cstdint>
#include <vector>

#include "vmm/virtio/queue.h"

namespace bulkhead::virtio {

struct QueueState {
    QueueConfig config;
    QueuePositions positions;  // of an active device
};

struct TransportState {
    std::uint32_t type = 0;
    std::uint32_t status = 0;
    std::uint32_t device_features_select = 0;
    std::uint32_t driver_features_select = 0;
    std::uint32_t queue_select = 0;
    std::uint32_t interrupt_status = 0;
    std::uint32_t config_generation = 0;
    std::uint64_t driver_features = 0;
    std::vector<QueueState> queues;
    bool active = false;             // between DRIVER_OK and reset, with usable queues
    std::vector<std::uint64_t> own;  // DeviceState::own
};

}  // namespace bulkhead::virtio
