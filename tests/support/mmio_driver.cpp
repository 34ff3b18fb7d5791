#include "tests/support/mmio_driver.h"

#include <linux/virtio_mmio.h>

#include <array>

#include "base/wire.h"

namespace bulkhead::test {

void MmioDriver::access(std::uint64_t offset, std::span<std::byte> bytes, bool is_write) {
    // On the loop thread, so that a status write need not wait for another one.
    loop_.post([&] {
        if (is_write) {
            transport_.write(offset, bytes);
        } else {
            transport_.read(offset, bytes);
        }
    });
    settle();
}

std::uint32_t MmioDriver::read(std::uint64_t offset) {
    std::array<std::byte, sizeof(std::uint32_t)> bytes{};
    access(offset, bytes, false);
    return load_le<std::uint32_t>(bytes);
}

void MmioDriver::write(std::uint64_t offset, std::uint32_t value) {
    std::array<std::byte, sizeof(std::uint32_t)> bytes{};
    store_le<std::uint32_t>(bytes, value);
    access(offset, bytes, true);
}

std::uint32_t MmioDriver::status() {
    return read(VIRTIO_MMIO_STATUS);
}

void MmioDriver::add_status(std::uint32_t bits) {
    write(VIRTIO_MMIO_STATUS, status() | bits);
}

void MmioDriver::reset() {
    write(VIRTIO_MMIO_STATUS, 0);
    queues_.clear();
}

void MmioDriver::negotiate(std::uint64_t declined) {
    reset();
    add_status(VIRTIO_CONFIG_S_ACKNOWLEDGE);
    add_status(VIRTIO_CONFIG_S_DRIVER);
    features_ = 0;
    for (const std::uint32_t select : {1U, 0U}) {
        write(VIRTIO_MMIO_DEVICE_FEATURES_SEL, select);
        features_ |= std::uint64_t{read(VIRTIO_MMIO_DEVICE_FEATURES)} << (32 * select);
    }
    features_ &= ~declined;
    for (const std::uint32_t select : {1U, 0U}) {
        write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, select);
        write(VIRTIO_MMIO_DRIVER_FEATURES, static_cast<std::uint32_t>(features_ >> (32 * select)));
    }
    add_status(VIRTIO_CONFIG_S_FEATURES_OK);
}

void MmioDriver::set_up_queue(std::uint32_t index, const virtio::QueueConfig& config) {
    const auto address = [this](std::uint64_t low_register, memory::GuestAddress value) {
        write(low_register, static_cast<std::uint32_t>(memory::raw(value)));
        write(low_register + 4, static_cast<std::uint32_t>(memory::raw(value) >> 32));
    };
    write(VIRTIO_MMIO_QUEUE_SEL, index);
    write(VIRTIO_MMIO_QUEUE_NUM, config.size);
    address(VIRTIO_MMIO_QUEUE_DESC_LOW, config.descriptor_table);
    address(VIRTIO_MMIO_QUEUE_AVAIL_LOW, config.available_ring);
    address(VIRTIO_MMIO_QUEUE_USED_LOW, config.used_ring);
    write(VIRTIO_MMIO_QUEUE_READY, config.ready ? 1 : 0);
}

void MmioDriver::set_up_queues() {
    for (std::size_t index = queues_.size(); index < transport_.queue_count(); ++index) {
        write(VIRTIO_MMIO_QUEUE_SEL, static_cast<std::uint32_t>(index));
        const auto size = static_cast<std::uint16_t>(read(VIRTIO_MMIO_QUEUE_NUM_MAX));
        const auto& queue = queues_.emplace_back(arena_, size, features_);
        set_up_queue(static_cast<std::uint32_t>(index), queue.config());
    }
}

void MmioDriver::start(std::uint64_t declined) {
    negotiate(declined);
    set_up_queues();
    add_status(VIRTIO_CONFIG_S_DRIVER_OK);
}

void MmioDriver::kick(std::uint32_t index) {
    write(VIRTIO_MMIO_QUEUE_NOTIFY, index);
    settle();
}

void MmioDriver::settle() {
    while (loop_.poll() > 0) {
    }
}

}  // namespace bulkhead::test
