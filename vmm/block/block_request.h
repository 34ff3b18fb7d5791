// What one virtio-blk chain asks for, as a plain value that has been checked completely. Pure: no
// I/O, no state. virtio 1.2 §5.2.6.
//
// The layout is free (§2.7.4.3): header, data and status may be split over descriptors in any way.
// The status byte is the last writable byte.
#pragma once

#include <linux/virtio_blk.h>

#include <cstdint>

#include "vmm/block/disk.h"
#include "vmm/virtio/chain.h"

namespace bulkhead::block {

inline constexpr std::uint64_t kSectorBytes = 512;

// Limits that the configuration space names.
inline constexpr std::uint32_t kMaxDiscardSectors = 4U << 20;  // 2 GiB
inline constexpr std::uint32_t kMaxWriteZeroesSectors = 1U
                                                        << 19;  // 256 MiB: may have to be written
inline constexpr std::uint32_t kMaxSegmentBytes = 1 << 20;
inline constexpr std::uint32_t kMaxSegments =
    254;  // of a queue of 256: header and status take one each
inline constexpr std::uint32_t kMaxRanges = 1;  // for each request of both kinds

// So a read or a write has no more than this. A reset waits for what the workers are doing, and the
// loop with it, so a chain of 4 GiB is refused.
inline constexpr std::uint64_t kMaxTransferBytes = std::uint64_t{kMaxSegmentBytes} * kMaxSegments;

// What a request is checked against.
struct DiskRules {
    std::uint64_t sectors = 0;
    bool read_only = false;
    std::uint64_t features = 0;  // negotiated
};

struct BlockRequest {
    enum class Action { Submit, Identify, Refuse };

    Action action = Action::Refuse;
    std::uint8_t refusal = VIRTIO_BLK_S_IOERR;  // Refuse: the status
    DiskRequest disk;                           // Submit
    virtio::ChainWriter data;                   // Identify: room for the serial number
    virtio::ChainWriter status;                 // one byte, or none when the driver left no room
    std::uint16_t head = 0;
    std::uint32_t data_length = 0;  // what a success writes before the status
};

BlockRequest parse_block_request(virtio::Chain chain, const DiskRules& rules);

}  // namespace bulkhead::block
