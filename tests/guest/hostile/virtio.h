// A virtio-mmio driver without a will of its own: every register, descriptor and index is the
// caller's to choose. virtio 1.2 §4.2 (registers), §2.7 (split queues).
#pragma once

#include <cstdint>

#include "tests/guest/hostile/machine.h"

namespace hostile {

// Register offsets.
inline constexpr std::uint64_t kMagic = 0x00;
inline constexpr std::uint64_t kDeviceId = 0x08;
inline constexpr std::uint64_t kDeviceFeatures = 0x10;
inline constexpr std::uint64_t kDeviceFeaturesSelect = 0x14;
inline constexpr std::uint64_t kDriverFeatures = 0x20;
inline constexpr std::uint64_t kDriverFeaturesSelect = 0x24;
inline constexpr std::uint64_t kQueueSelect = 0x30;
inline constexpr std::uint64_t kQueueSizeMax = 0x34;
inline constexpr std::uint64_t kQueueSize = 0x38;
inline constexpr std::uint64_t kQueueReady = 0x44;
inline constexpr std::uint64_t kQueueNotify = 0x50;
inline constexpr std::uint64_t kInterruptAck = 0x64;
inline constexpr std::uint64_t kStatus = 0x70;
inline constexpr std::uint64_t kQueueTable = 0x80;
inline constexpr std::uint64_t kQueueAvailable = 0x90;
inline constexpr std::uint64_t kQueueUsed = 0xa0;
inline constexpr std::uint64_t kConfig = 0x100;
inline constexpr std::uint64_t kWindowBytes = 0x1000;

// Status bits.
inline constexpr std::uint32_t kAcknowledge = 1;
inline constexpr std::uint32_t kDriver = 2;
inline constexpr std::uint32_t kDriverOk = 4;
inline constexpr std::uint32_t kFeaturesOk = 8;
inline constexpr std::uint32_t kNeedsReset = 64;
inline constexpr std::uint32_t kFailed = 128;

// Device types.
inline constexpr std::uint32_t kBlock = 2;
inline constexpr std::uint32_t kRng = 4;
inline constexpr std::uint32_t kBalloon = 5;
inline constexpr std::uint32_t kVsock = 19;

inline constexpr std::uint64_t kVersion1 = 1ULL << 32;
inline constexpr std::uint64_t kIndirectFeature = 1ULL << 28;

struct Descriptor {
    std::uint64_t address = 0;
    std::uint32_t length = 0;
    std::uint16_t flags = 0;
    std::uint16_t next = 0;
};

inline constexpr std::uint16_t kNext = 1;
inline constexpr std::uint16_t kWrite = 2;
inline constexpr std::uint16_t kIndirect = 4;

struct Rings {
    std::uint64_t table = 0;
    std::uint64_t available = 0;
    std::uint64_t used = 0;
};

// How often something is looked at before it counts as not coming. Each look leaves the guest, so
// this is a minute's worth in the devhost; only what is broken takes so long.
inline constexpr unsigned kPatience = 1'000'000;

// One device's register window. A value: it holds nothing but the address.
class Device {
  public:
    explicit Device(std::uint64_t window) : window_(window) {}

    [[nodiscard]] std::uint64_t window() const { return window_; }

    [[nodiscard]] bool present() const { return read(kMagic) == 0x7472'6976 && type() != 0; }

    [[nodiscard]] std::uint32_t type() const { return read(kDeviceId); }

    [[nodiscard]] const char* name() const;

    [[nodiscard]] std::uint32_t read(std::uint64_t offset) const {
        return load<std::uint32_t>(window_ + offset);
    }

    void write(std::uint64_t offset, std::uint32_t value) const { store(window_ + offset, value); }

    [[nodiscard]] std::uint32_t status() const { return read(kStatus); }

    void add_status(std::uint32_t bits) const { write(kStatus, status() | bits); }

    void reset() const { write(kStatus, 0); }

    // From reset to FEATURES_OK.
    void negotiate(std::uint64_t features) const;
    void set_queue(std::uint32_t index, std::uint32_t size, const Rings& rings,
                   std::uint32_t ready = 1) const;

    void start() const { add_status(kDriverOk); }

    void notify(std::uint32_t queue) const { write(kQueueNotify, queue); }

    // Whether NEEDS_RESET comes; gives up after a while.
    [[nodiscard]] bool wants_reset() const;

  private:
    std::uint64_t window_;
};

inline constexpr unsigned kMaxDevices = 19;

// Calls `use(device)` for each device of the machine.
template <class Use>
void for_each_device(Use use) {
    for (unsigned slot = 0; slot < kMaxDevices; ++slot) {
        const Device device(0xd000'0000 + slot * kWindowBytes);
        if (device.present()) use(device);
    }
}

// The first device of this type; the read-only disk is the first one.
Device find_device(std::uint32_t type);

// The driver's side of one queue. Each number of a queue has rings of its own in memory, so at most
// one Queue with this number may be in use at a time.
class Queue {
  public:
    static constexpr std::uint16_t kSize = 64;

    // Empty rings, told to the device.
    Queue(const Device& device, std::uint32_t index);

    [[nodiscard]] const Rings& rings() const { return rings_; }

    void put(std::uint16_t slot, const Descriptor& descriptor) const;
    // Makes a chain available.
    void offer(std::uint16_t head);
    // The available ring's index, as the device sees it.
    void set_available(std::uint16_t index);

    void kick() const { device_.notify(index_); }

    // How many chains have come back.
    [[nodiscard]] std::uint16_t used() const { return load<std::uint16_t>(rings_.used + 2); }

    // Waits until everything that was offered has come back; false when it does not.
    [[nodiscard]] bool answered() const;
    // The bytes written of what came back as number `position`.
    [[nodiscard]] std::uint32_t used_length(std::uint16_t position) const;

  private:
    Device device_;
    std::uint32_t index_;
    Rings rings_;
    std::uint16_t available_ = 0;
};

// The queues that a device reads without being asked for something first.
struct ServedQueues {
    std::uint32_t first = 0;
    std::uint32_t count = 1;
};

[[nodiscard]] ServedQueues served_queues(const Device& device);
// All of them.
[[nodiscard]] std::uint32_t queue_count(const Device& device);

// Brings the device to DRIVER_OK with all queues empty; only `watched` is the caller's.
Queue start_device(const Device& device, std::uint32_t watched,
                   std::uint64_t features = kVersion1 | kIndirectFeature);

// Resets the device and has it do honest work; whether it did.
[[nodiscard]] bool works_after_reset(const Device& device);

// Scratch memory, `offset` bytes in.
[[nodiscard]] constexpr std::uint64_t scratch(std::uint64_t offset) {
    return kScratch + offset % kScratchBytes;
}

}  // namespace hostile
