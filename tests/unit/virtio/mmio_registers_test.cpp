#include "vmm/virtio/mmio_registers.h"

#include <linux/virtio_mmio.h>

#include <catch2/catch.hpp>

#include "tests/support/fake_device.h"

namespace bulkhead::virtio {
namespace {

using Effect = MmioRegisters::StatusEffect;
using test::FakeDevice;

constexpr std::uint32_t kAcknowledge = VIRTIO_CONFIG_S_ACKNOWLEDGE;
constexpr std::uint32_t kDriver = VIRTIO_CONFIG_S_DRIVER;
constexpr std::uint32_t kFeaturesOk = VIRTIO_CONFIG_S_FEATURES_OK;
constexpr std::uint32_t kDriverOk = VIRTIO_CONFIG_S_DRIVER_OK;
constexpr std::uint32_t kFailed = VIRTIO_CONFIG_S_FAILED;
constexpr std::uint32_t kNeedsReset = VIRTIO_CONFIG_S_NEEDS_RESET;

struct Registers {
    FakeDevice device;
    MmioRegisters file{device.traits()};

    std::uint32_t status() { return file.read(VIRTIO_MMIO_STATUS); }

    Effect add_status(std::uint32_t bits) { return file.write_status(status() | bits); }

    void accept(std::uint64_t features) {
        file.write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
        file.write(VIRTIO_MMIO_DRIVER_FEATURES, static_cast<std::uint32_t>(features));
        file.write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
        file.write(VIRTIO_MMIO_DRIVER_FEATURES, static_cast<std::uint32_t>(features >> 32));
    }

    void to_features_ok() {
        add_status(kAcknowledge);
        add_status(kDriver);
        accept(kTransportFeatures);
        add_status(kFeaturesOk);
        REQUIRE(status() == (kAcknowledge | kDriver | kFeaturesOk));
    }
};

TEST_CASE("the identity registers name a version 2 device") {
    const Registers registers;
    CHECK(registers.file.read(VIRTIO_MMIO_MAGIC_VALUE) == 0x74726976);
    CHECK(registers.file.read(VIRTIO_MMIO_VERSION) == 2);
    CHECK(registers.file.read(VIRTIO_MMIO_DEVICE_ID) == FakeDevice::kType);
    CHECK(registers.file.read(VIRTIO_MMIO_STATUS) == 0);
    CHECK(registers.file.read(VIRTIO_MMIO_SHM_LEN_LOW) == 0xffff'ffff);
    CHECK(registers.file.read(VIRTIO_MMIO_SHM_BASE_HIGH) == 0xffff'ffff);
    CHECK(registers.file.read(0x0c0) == 0);  // QueueReset: not offered
    CHECK(registers.file.read(0x0f8) == 0);
}

TEST_CASE("features are offered in two halves and nothing beyond") {
    Registers registers;
    const auto offered = [&](std::uint32_t select) {
        registers.file.write(VIRTIO_MMIO_DEVICE_FEATURES_SEL, select);
        return registers.file.read(VIRTIO_MMIO_DEVICE_FEATURES);
    };
    const std::uint64_t features = registers.device.traits().features;
    CHECK(offered(0) == static_cast<std::uint32_t>(features));
    CHECK(offered(1) == static_cast<std::uint32_t>(features >> 32));
    CHECK(offered(2) == 0);
    CHECK(offered(0xffff'ffff) == 0);
}

TEST_CASE("the status goes step by step to DRIVER_OK") {
    Registers registers;
    CHECK(registers.add_status(kAcknowledge) == Effect::None);
    CHECK(registers.add_status(kDriver) == Effect::None);
    registers.accept(kTransportFeatures);
    CHECK(registers.add_status(kFeaturesOk) == Effect::None);
    CHECK(registers.add_status(kDriverOk) == Effect::Activate);
    CHECK(registers.status() == (kAcknowledge | kDriver | kFeaturesOk | kDriverOk));
    CHECK(registers.file.driver_features() == kTransportFeatures);
    CHECK(registers.file.write_status(registers.status()) == Effect::None);
}

TEST_CASE("status writes out of order or clearing bits change nothing") {
    Registers registers;
    for (const std::uint32_t value : {kDriver, kDriverOk, kFeaturesOk, kAcknowledge | kDriver,
                                      0x10U, kNeedsReset, 0xffff'ff00U | kDriver}) {
        CHECK(registers.file.write_status(value) == Effect::None);
        CHECK(registers.status() == 0);
    }
    registers.add_status(kAcknowledge);
    registers.add_status(kDriver);
    CHECK(registers.file.write_status(kAcknowledge) == Effect::None);
    CHECK(registers.add_status(kDriverOk) == Effect::None);
    registers.accept(kTransportFeatures);
    CHECK(registers.add_status(kFeaturesOk | kDriverOk) == Effect::None);
    CHECK(registers.status() == (kAcknowledge | kDriver));
}

TEST_CASE("FEATURES_OK is refused for features that were not offered, or without VERSION_1") {
    Registers registers;
    registers.add_status(kAcknowledge);
    registers.add_status(kDriver);
    registers.accept(kTransportFeatures | feature(40));
    registers.add_status(kFeaturesOk);
    CHECK((registers.status() & kFeaturesOk) == 0);
    registers.accept(kEventIdx);
    registers.add_status(kFeaturesOk);
    CHECK((registers.status() & kFeaturesOk) == 0);
    registers.accept(kVersion1);
    registers.add_status(kFeaturesOk);
    CHECK((registers.status() & kFeaturesOk) != 0);
}

TEST_CASE("features are frozen outside DRIVER to FEATURES_OK") {
    Registers registers;
    registers.accept(kTransportFeatures);
    CHECK(registers.file.driver_features() == 0);
    registers.to_features_ok();
    registers.accept(kVersion1);
    CHECK(registers.file.driver_features() == kTransportFeatures);
    registers.file.reset();
    registers.add_status(kAcknowledge);
    registers.add_status(kDriver);
    registers.file.write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 2);
    registers.file.write(VIRTIO_MMIO_DRIVER_FEATURES, 0xffff'ffff);
    CHECK(registers.file.driver_features() == 0);
}

TEST_CASE("queue registers hold both halves of an address") {
    Registers registers;
    registers.to_features_ok();
    registers.file.write(VIRTIO_MMIO_QUEUE_SEL, 1);
    CHECK(registers.file.read(VIRTIO_MMIO_QUEUE_NUM_MAX) == 8);
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 4);
    registers.file.write(VIRTIO_MMIO_QUEUE_DESC_LOW, 0x1111'1000);
    registers.file.write(VIRTIO_MMIO_QUEUE_DESC_HIGH, 0x2);
    registers.file.write(VIRTIO_MMIO_QUEUE_AVAIL_LOW, 0x3000);
    registers.file.write(VIRTIO_MMIO_QUEUE_USED_HIGH, 0x4);
    registers.file.write(VIRTIO_MMIO_QUEUE_READY, 1);
    CHECK(registers.file.read(VIRTIO_MMIO_QUEUE_READY) == 1);
    const QueueConfig& queue = registers.file.queues()[1];
    CHECK(queue.ready);
    CHECK(queue.size == 4);
    CHECK(queue.descriptor_table == memory::GuestAddress{0x2'1111'1000});
    CHECK(queue.available_ring == memory::GuestAddress{0x3000});
    CHECK(queue.used_ring == memory::GuestAddress{0x4'0000'0000});
    CHECK_FALSE(registers.file.queues()[0].ready);
}

TEST_CASE("a queue is frozen when it is ready, and all of them after DRIVER_OK") {
    Registers registers;
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 4);
    CHECK(registers.file.queues()[0].size == 0);  // before FEATURES_OK
    registers.to_features_ok();
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 4);
    registers.file.write(VIRTIO_MMIO_QUEUE_READY, 1);
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 8);
    registers.file.write(VIRTIO_MMIO_QUEUE_DESC_LOW, 0x5000);
    CHECK(registers.file.queues()[0].size == 4);
    CHECK(registers.file.queues()[0].descriptor_table == memory::GuestAddress{0});
    registers.file.write(VIRTIO_MMIO_QUEUE_READY, 0);
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 8);
    CHECK(registers.file.queues()[0].size == 8);

    registers.add_status(kDriverOk);
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 2);
    registers.file.write(VIRTIO_MMIO_QUEUE_READY, 1);
    CHECK(registers.file.queues()[0].size == 8);
    CHECK_FALSE(registers.file.queues()[0].ready);
}

TEST_CASE("a queue selection out of range reads zeros and writes nothing") {
    Registers registers;
    registers.to_features_ok();
    for (const std::uint32_t select : {3U, 0x8000'0000U, 0xffff'ffffU}) {
        registers.file.write(VIRTIO_MMIO_QUEUE_SEL, select);
        CHECK(registers.file.read(VIRTIO_MMIO_QUEUE_NUM_MAX) == 0);
        CHECK(registers.file.read(VIRTIO_MMIO_QUEUE_READY) == 0);
        registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 4);
        registers.file.write(VIRTIO_MMIO_QUEUE_READY, 1);
    }
    for (const auto& queue : registers.file.queues()) {
        CHECK_FALSE(queue.ready);
        CHECK(queue.size == 0);
    }
}

TEST_CASE("a queue size that does not fit 16 bits is no size") {
    Registers registers;
    registers.to_features_ok();
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 0x1'0004);
    CHECK(registers.file.queues()[0].size == 0);
}

TEST_CASE("the interrupt status keeps each cause until it is acknowledged") {
    Registers registers;
    registers.file.set_interrupt(VIRTIO_MMIO_INT_VRING);
    registers.file.set_interrupt(VIRTIO_MMIO_INT_CONFIG);
    CHECK(registers.file.read(VIRTIO_MMIO_INTERRUPT_STATUS) == 3);
    registers.file.write(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
    CHECK(registers.file.read(VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_CONFIG);
    registers.file.write(VIRTIO_MMIO_INTERRUPT_ACK, 0xffff'ffff);
    CHECK(registers.file.read(VIRTIO_MMIO_INTERRUPT_STATUS) == 0);
}

TEST_CASE("FAILED stays until reset, which clears everything") {
    Registers registers;
    registers.to_features_ok();
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 4);
    CHECK(registers.add_status(kFailed) == Effect::None);
    CHECK(registers.add_status(kDriverOk) == Effect::None);
    registers.file.write(VIRTIO_MMIO_QUEUE_NUM, 8);
    CHECK(registers.file.queues()[0].size == 4);
    CHECK_FALSE(registers.file.config_writable());
    CHECK(registers.file.write_status(0) == Effect::None);
    CHECK(registers.status() == 0);
    CHECK(registers.file.queues()[0].size == 0);
    CHECK(registers.file.driver_features() == 0);
}

TEST_CASE("an active device must be drained before its registers are reset") {
    Registers registers;
    registers.to_features_ok();
    registers.add_status(kDriverOk);
    CHECK(registers.file.write_status(0) == Effect::Reset);
    CHECK((registers.status() & kDriverOk) != 0);
    registers.file.reset();
    CHECK(registers.status() == 0);
}

TEST_CASE("NEEDS_RESET is set once and with a configuration interrupt") {
    Registers registers;
    registers.to_features_ok();
    registers.add_status(kDriverOk);
    CHECK(registers.file.set_needs_reset());
    CHECK_FALSE(registers.file.set_needs_reset());
    CHECK((registers.status() & kNeedsReset) != 0);
    CHECK(registers.file.read(VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_CONFIG);
    CHECK(registers.file.write_status(kAcknowledge | kDriver | kFeaturesOk | kDriverOk) ==
          Effect::None);
    CHECK((registers.status() & kNeedsReset) != 0);
}

TEST_CASE("the configuration space may be written from FEATURES_OK on") {
    Registers registers;
    CHECK_FALSE(registers.file.config_writable());
    registers.to_features_ok();
    CHECK(registers.file.config_writable());
}

}  // namespace
}  // namespace bulkhead::virtio
