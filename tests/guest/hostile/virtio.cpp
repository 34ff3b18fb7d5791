#include "tests/guest/hostile/virtio.h"

#include "tests/guest/hostile/vsock.h"

namespace hostile {

namespace {

// Rings of the queues, 16 KiB for each.
constexpr std::uint64_t kRingMemory = 20ULL << 20;
constexpr std::uint64_t kRingBytes = 16 * 1024;

bool block_works(const Device& device) {
    Queue queue = start_device(device, 0);
    const std::uint64_t header = scratch(0);
    for (unsigned i = 0; i < 16; ++i) store<std::uint8_t>(header + i, 0);  // read sector 0
    store<std::uint8_t>(header + 1024, 0xff);
    queue.put(0, {header, 16, kNext, 1});
    queue.put(1, {header + 512, 512, kNext | kWrite, 2});
    queue.put(2, {header + 1024, 1, kWrite, 0});
    queue.offer(0);
    queue.kick();
    return queue.answered() && load<std::uint8_t>(header + 1024) == 0;
}

// The device writes, or reads, 16 bytes.
bool answers(const Device& device, std::uint16_t flags, std::uint32_t written) {
    Queue queue = start_device(device, 0);
    queue.put(0, {scratch(0), 16, flags, 0});
    queue.offer(0);
    queue.kick();
    return queue.answered() && queue.used_length(0) == written;
}

}  // namespace

const char* Device::name() const {
    switch (type()) {
        case kBlock:
            return "block";
        case kRng:
            return "rng";
        case kBalloon:
            return "balloon";
        case kVsock:
            return "vsock";
        default:
            return "unknown";
    }
}

void Device::negotiate(std::uint64_t features) const {
    reset();
    add_status(kAcknowledge);
    add_status(kDriver);
    for (std::uint32_t half = 0; half < 2; ++half) {
        write(kDriverFeaturesSelect, half);
        write(kDriverFeatures, static_cast<std::uint32_t>(features >> (32 * half)));
    }
    add_status(kFeaturesOk);
}

void Device::set_queue(std::uint32_t index, std::uint32_t size, const Rings& rings,
                       std::uint32_t ready) const {
    write(kQueueSelect, index);
    write(kQueueSize, size);
    const std::uint64_t registers[][2] = {
        {kQueueTable, rings.table}, {kQueueAvailable, rings.available}, {kQueueUsed, rings.used}};
    for (const auto& [offset, address] : registers) {
        write(offset, static_cast<std::uint32_t>(address));
        write(offset + 4, static_cast<std::uint32_t>(address >> 32));
    }
    write(kQueueReady, ready);
}

bool Device::wants_reset() const {
    for (unsigned look = 0; look < kPatience; ++look) {
        if ((status() & kNeedsReset) != 0) return true;
    }
    return false;
}

Device find_device(std::uint32_t type) {
    for (unsigned slot = 0; slot < kMaxDevices; ++slot) {
        const Device device(0xd000'0000 + slot * kWindowBytes);
        if (device.present() && device.type() == type) return device;
    }
    print("no such device\n");
    halt();
}

Queue::Queue(const Device& device, std::uint32_t index) : device_(device), index_(index) {
    const std::uint64_t memory = kRingMemory + index * kRingBytes;
    for (std::uint64_t offset = 0; offset < kRingBytes; offset += 8)
        store<std::uint64_t>(memory + offset, 0);
    rings_ = {.table = memory, .available = memory + 0x1000, .used = memory + 0x2000};
    device_.set_queue(index, kSize, rings_);
}

void Queue::put(std::uint16_t slot, const Descriptor& descriptor) const {
    const std::uint64_t entry = rings_.table + 16 * slot;
    store(entry, descriptor.address);
    store(entry + 8, descriptor.length);
    store(entry + 12, descriptor.flags);
    store(entry + 14, descriptor.next);
}

void Queue::offer(std::uint16_t head) {
    store<std::uint16_t>(rings_.available + 4 + 2 * (available_ % kSize), head);
    set_available(static_cast<std::uint16_t>(available_ + 1));
}

void Queue::set_available(std::uint16_t index) {
    available_ = index;
    asm volatile("mfence" ::: "memory");
    store<std::uint16_t>(rings_.available + 2, index);
}

bool Queue::answered() const {
    for (unsigned look = 0; look < kPatience; ++look) {
        if (used() == available_) return true;
        if ((device_.status() & kNeedsReset) != 0) return false;
    }
    return false;
}

std::uint32_t Queue::used_length(std::uint16_t position) const {
    return load<std::uint32_t>(rings_.used + 4 + 8 * (position % kSize) + 4);
}

ServedQueues served_queues(const Device& device) {
    if (device.type() == kBalloon) return {0, 3};
    if (device.type() == kVsock) return {1, 1};
    return {0, 1};
}

std::uint32_t queue_count(const Device& device) {
    return device.type() == kBalloon || device.type() == kVsock ? 3 : 1;
}

Queue start_device(const Device& device, std::uint32_t watched, std::uint64_t features) {
    device.negotiate(features);
    for (std::uint32_t index = 0; index < queue_count(device); ++index) {
        if (index != watched) static_cast<void>(Queue(device, index));
    }
    Queue queue(device, watched);
    device.start();
    return queue;
}

bool works_after_reset(const Device& device) {
    switch (device.type()) {
        case kBlock:
            return block_works(device);
        case kRng:
            return answers(device, kWrite, 16);
        case kBalloon:
            return answers(device, 0, 0);
        default:
            return VsockDriver(device).works();
    }
}

}  // namespace hostile
