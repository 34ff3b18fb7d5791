// The parts of virtio 1.2 that every device shares: feature bits and the split ring's layout in
// guest memory. (<linux/virtio_ring.h> is not C++.)
#pragma once

#include <linux/virtio_config.h>

#include <cstddef>
#include <cstdint>

namespace bulkhead::virtio {

[[nodiscard]] constexpr std::uint64_t feature(unsigned int bit) {
    return std::uint64_t{1} << bit;
}

// §6: what every device here offers.
inline constexpr std::uint64_t kVersion1 = feature(VIRTIO_F_VERSION_1);
inline constexpr std::uint64_t kIndirect = feature(28);
inline constexpr std::uint64_t kEventIdx = feature(29);
inline constexpr std::uint64_t kTransportFeatures = kVersion1 | kIndirect | kEventIdx;

static_assert(kVersion1 == 0x1'0000'0000);

// §2.7.5: one entry of the descriptor table, or of an indirect table.
struct Descriptor {
    std::uint64_t address = 0;
    std::uint32_t length = 0;
    std::uint16_t flags = 0;
    std::uint16_t next = 0;
};

inline constexpr std::uint16_t kDescriptorNext = 1;
inline constexpr std::uint16_t kDescriptorWrite = 2;
inline constexpr std::uint16_t kDescriptorIndirect = 4;

// §2.7.8: one entry of the used ring.
struct UsedElement {
    std::uint32_t id = 0;
    std::uint32_t length = 0;
};

static_assert(sizeof(Descriptor) == 16 && offsetof(Descriptor, length) == 8);
static_assert(offsetof(Descriptor, flags) == 12 && offsetof(Descriptor, next) == 14);
static_assert(sizeof(UsedElement) == 8);

// §2.7.7: the available ring's flag with which the driver asks for no interrupts.
inline constexpr std::uint16_t kNoInterrupt = 1;

// §2.7: alignment of the three parts.
inline constexpr std::uint64_t kDescriptorAlignment = 16;
inline constexpr std::uint64_t kAvailableAlignment = 2;
inline constexpr std::uint64_t kUsedAlignment = 4;

// §2.7.6 and §2.7.8: both rings begin with flags and index, and end with the other side's event
// field.
inline constexpr std::uint64_t kRingFlags = 0;
inline constexpr std::uint64_t kRingIndex = 2;
inline constexpr std::uint64_t kRingEntries = 4;

[[nodiscard]] constexpr std::uint64_t available_entry(std::uint16_t slot) {
    return kRingEntries + sizeof(std::uint16_t) * slot;
}

[[nodiscard]] constexpr std::uint64_t used_entry(std::uint16_t slot) {
    return kRingEntries + sizeof(UsedElement) * slot;
}

// Where used_event lies in the available ring, and avail_event in the used ring.
[[nodiscard]] constexpr std::uint64_t used_event(std::uint16_t queue_size) {
    return available_entry(queue_size);
}

[[nodiscard]] constexpr std::uint64_t available_event(std::uint16_t queue_size) {
    return used_entry(queue_size);
}

[[nodiscard]] constexpr std::uint64_t available_ring_bytes(std::uint16_t queue_size) {
    return used_event(queue_size) + sizeof(std::uint16_t);
}

[[nodiscard]] constexpr std::uint64_t used_ring_bytes(std::uint16_t queue_size) {
    return available_event(queue_size) + sizeof(std::uint16_t);
}

}  // namespace bulkhead::virtio
