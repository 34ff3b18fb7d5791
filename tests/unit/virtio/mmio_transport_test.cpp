#include "vmm/virtio/mmio_transport.h"

#include <linux/virtio_mmio.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/fake_device.h"
#include "tests/support/mmio_driver.h"

namespace bulkhead::virtio {
namespace {

using test::FakeDevice;
using test::GuestArena;
using test::MmioDriver;
using test::Used;

constexpr std::uint32_t kNeedsReset = VIRTIO_CONFIG_S_NEEDS_RESET;

std::unique_ptr<MmioTransport> make_transport(const GuestArena& arena, EventLoop& loop,
                                              FakeDevice& device) {
    auto transport = MmioTransport::create(arena.memory(), loop, device);
    REQUIRE(transport.ok());
    return std::move(transport).value();
}

struct Machine {
    GuestArena arena;
    EventLoop loop;
    FakeDevice device;
    std::unique_ptr<MmioTransport> transport = make_transport(arena, loop, device);
    MmioDriver driver{arena, loop, *transport};

    // The interrupts since the last call.
    std::uint64_t interrupts() const {
        std::uint64_t count = 0;
        if (::read(transport->interrupt_fd(), &count, sizeof(count)) < 0) return 0;
        return count;
    }
};

TEST_CASE("a driver brings the device up through the registers") {
    Machine machine;
    machine.driver.start(FakeDevice::kSpecialFeature);
    CHECK((machine.driver.status() & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
    CHECK((machine.driver.status() & kNeedsReset) == 0);
    REQUIRE(machine.device.active);
    CHECK(machine.device.active->features == kTransportFeatures);
    REQUIRE(machine.device.active->queues.size() == 3);
    CHECK(machine.device.active->queues[0].size() == 16);
    CHECK(machine.device.notified == std::vector<std::uint16_t>{0, 1, 2});
}

TEST_CASE("a notification reaches the device and its answer raises the interrupt") {
    Machine machine;
    machine.driver.start();
    const auto chain = machine.driver.queue(1).chain().readable("hello").submit();

    SECTION("by register") {
        machine.driver.kick(1);
    }
    SECTION("by eventfd") {
        const std::uint64_t one = 1;
        REQUIRE(::write(machine.transport->notify_fd(1), &one, sizeof(one)) == sizeof(one));
        machine.driver.settle();
    }
    CHECK(machine.driver.queue(1).used() == Used{chain.head, 0});
    CHECK(machine.interrupts() == 1);
    CHECK(machine.driver.read(VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_VRING);
    machine.driver.write(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
    CHECK(machine.driver.read(VIRTIO_MMIO_INTERRUPT_STATUS) == 0);
}

TEST_CASE("a notification before DRIVER_OK is replayed at activation") {
    Machine machine;
    machine.driver.negotiate();
    machine.driver.set_up_queues();
    const auto chain = machine.driver.queue(0).chain().readable("early").submit();
    machine.driver.kick(0);
    CHECK(machine.device.notified.empty());
    machine.driver.add_status(VIRTIO_CONFIG_S_DRIVER_OK);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 0});
}

TEST_CASE("notifications for queues that do not exist are ignored") {
    Machine machine;
    machine.driver.start();
    machine.device.notified.clear();
    machine.driver.kick(3);
    machine.driver.kick(0xffff'ffff);
    CHECK(machine.device.notified.empty());
}

TEST_CASE("optional queues at the end may be left out") {
    Machine machine;
    machine.driver.negotiate();
    const test::DriverQueue first(machine.arena, 16, 0);
    const test::DriverQueue second(machine.arena, 8, 0);
    machine.driver.set_up_queue(0, first.config());

    SECTION("but not required ones") {
        machine.driver.add_status(VIRTIO_CONFIG_S_DRIVER_OK);
        CHECK((machine.driver.status() & kNeedsReset) != 0);
        CHECK(machine.device.activations == 0);
    }
    SECTION("and are never notified then") {
        machine.driver.set_up_queue(1, second.config());
        machine.driver.add_status(VIRTIO_CONFIG_S_DRIVER_OK);
        REQUIRE(machine.device.active);
        CHECK(machine.device.active->queues.size() == 2);
        machine.device.notified.clear();
        machine.driver.kick(2);
        CHECK(machine.device.notified.empty());
    }
}

TEST_CASE("a queue that is not usable ends in NEEDS_RESET and a reset helps") {
    Machine machine;
    machine.driver.negotiate();
    machine.driver.set_up_queues();
    machine.driver.write(VIRTIO_MMIO_QUEUE_SEL, 1);
    machine.driver.write(VIRTIO_MMIO_QUEUE_READY, 0);

    SECTION("size not a power of two") {
        machine.driver.write(VIRTIO_MMIO_QUEUE_NUM, 3);
    }
    SECTION("size above the maximum") {
        machine.driver.write(VIRTIO_MMIO_QUEUE_NUM, 16);
    }
    SECTION("ring in the hole") {
        machine.driver.write(VIRTIO_MMIO_QUEUE_USED_LOW, 0xd000'0000);
    }
    SECTION("ring misaligned") {
        machine.driver.write(VIRTIO_MMIO_QUEUE_DESC_LOW, 0x4008);
    }
    machine.driver.write(VIRTIO_MMIO_QUEUE_READY, 1);
    machine.driver.add_status(VIRTIO_CONFIG_S_DRIVER_OK);

    CHECK((machine.driver.status() & kNeedsReset) != 0);
    CHECK(machine.interrupts() == 1);
    CHECK(machine.driver.read(VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_CONFIG);
    CHECK(machine.device.activations == 0);
    machine.driver.kick(0);
    CHECK(machine.device.notified.empty());

    machine.driver.start();
    CHECK((machine.driver.status() & kNeedsReset) == 0);
    CHECK(machine.device.activations == 1);
    CHECK(machine.device.resets == 0);
}

TEST_CASE("a driver that breaks a ring gets NEEDS_RESET, once") {
    Machine machine;
    machine.driver.start();
    static_cast<void>(machine.interrupts());
    machine.driver.queue(0).set_available_index(1000);
    machine.driver.kick(0);
    machine.driver.kick(0);
    CHECK((machine.driver.status() & kNeedsReset) != 0);
    CHECK(machine.interrupts() == 1);
}

TEST_CASE("a reset takes the device's activation away and a driver can start again") {
    Machine machine;
    machine.driver.start();
    machine.driver.reset();
    CHECK(machine.device.resets == 1);
    CHECK_FALSE(machine.device.active);
    CHECK(machine.driver.status() == 0);
    machine.device.notified.clear();
    machine.driver.kick(0);
    CHECK(machine.device.notified.empty());
    machine.driver.reset();
    CHECK(machine.device.resets == 1);

    machine.driver.start();
    const auto chain = machine.driver.queue(0).chain().readable("again").submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 0});
}

TEST_CASE("destroying the transport resets an active device") {
    Machine machine;
    machine.driver.start();
    machine.transport.reset();
    CHECK(machine.device.resets == 1);
}

TEST_CASE("a configuration change bumps the generation and raises the interrupt") {
    Machine machine;
    machine.driver.start();
    const auto before = machine.driver.read(VIRTIO_MMIO_CONFIG_GENERATION);
    machine.device.active->interrupt->signal_config_change();
    CHECK(machine.driver.read(VIRTIO_MMIO_CONFIG_GENERATION) != before);
    CHECK(machine.driver.read(VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_CONFIG);
    CHECK(machine.interrupts() == 1);
}

TEST_CASE("the configuration space is read at any width and is zero past its end") {
    Machine machine;
    const std::size_t width = GENERATE(1U, 2U, 4U, 8U);
    std::vector<std::byte> bytes(width, std::byte{0xff});
    machine.driver.access(VIRTIO_MMIO_CONFIG + 5, bytes, false);
    CHECK(bytes[0] == std::byte{0x11});
    for (std::size_t i = 1; i < width; ++i) CHECK(bytes[i] == std::byte{0});
    machine.driver.access(MmioTransport::kWindowBytes - 1, bytes, false);
    CHECK(bytes[0] == std::byte{0});
}

TEST_CASE("the configuration space is not written before FEATURES_OK") {
    Machine machine;
    std::array<std::byte, 1> byte{std::byte{0x22}};
    machine.driver.access(VIRTIO_MMIO_CONFIG, byte, true);
    CHECK(machine.device.config[0] == std::byte{0x11});
    machine.driver.negotiate();
    machine.driver.access(VIRTIO_MMIO_CONFIG, byte, true);
    CHECK(machine.device.config[0] == std::byte{0x22});
}

TEST_CASE("register accesses of a wrong width or alignment read zeros and write nothing") {
    Machine machine;
    for (const std::size_t width : {std::size_t{1}, std::size_t{2}, std::size_t{8}}) {
        std::vector<std::byte> bytes(width, std::byte{0xff});
        machine.driver.access(VIRTIO_MMIO_MAGIC_VALUE, bytes, false);
        CHECK(bytes == std::vector<std::byte>(width));
        bytes[0] = std::byte{VIRTIO_CONFIG_S_ACKNOWLEDGE};
        machine.driver.access(VIRTIO_MMIO_STATUS, bytes, true);
        CHECK(machine.driver.status() == 0);
    }
    std::array<std::byte, 4> bytes{};
    machine.driver.access(VIRTIO_MMIO_MAGIC_VALUE + 1, bytes, false);
    CHECK(bytes == std::array<std::byte, 4>{});
    bytes[0] = std::byte{VIRTIO_CONFIG_S_ACKNOWLEDGE};
    machine.driver.access(VIRTIO_MMIO_STATUS + 2, bytes, true);
    CHECK(machine.driver.status() == 0);
}

TEST_CASE("a transport goes on where a saved one stood, with every queue notified") {
    Machine machine;
    machine.driver.start(FakeDevice::kSpecialFeature);
    static_cast<void>(machine.driver.queue(1).chain().writable(16).submit());
    machine.driver.kick(1);
    static_cast<void>(machine.driver.queue(1).used());
    machine.device.own = {7, 8};
    const TransportState state = machine.transport->save().value();
    CHECK(state.active);
    CHECK(state.own == std::vector<std::uint64_t>{7, 8});

    FakeDevice device;
    const auto transport = make_transport(machine.arena, machine.loop, device);
    REQUIRE(transport->restore(state));
    REQUIRE(device.active);
    CHECK(device.own == std::vector<std::uint64_t>{7, 8});
    CHECK(device.active->features == kTransportFeatures);
    REQUIRE(device.active->queues.size() == 3);
    // The chain that the saved device gave back is not taken again.
    CHECK(state.queues[1].positions.next_available == 1);
    CHECK(device.active->queues[1].positions().next_available == 1);
    CHECK(device.active->queues[1].positions().next_used == 1);
    machine.driver.settle();
    CHECK(device.notified == std::vector<std::uint16_t>{0, 1, 2});
    const TransportState again = transport->save().value();
    CHECK(again.status == state.status);
    CHECK(again.queues.size() == state.queues.size());
    CHECK(again.queues[1].config.descriptor_table == state.queues[1].config.descriptor_table);
}

TEST_CASE("a device that no driver has begun with is restored as one") {
    Machine machine;
    const TransportState state = machine.transport->save().value();
    CHECK_FALSE(state.active);
    FakeDevice device;
    const auto transport = make_transport(machine.arena, machine.loop, device);
    REQUIRE(transport->restore(state));
    CHECK(device.activations == 0);
}

TEST_CASE("a saved interrupt is raised again") {
    Machine machine;
    machine.driver.start();
    TransportState state = machine.transport->save().value();
    FakeDevice device;
    device.answers = false;
    state.interrupt_status = VIRTIO_MMIO_INT_VRING;
    const auto transport = make_transport(machine.arena, machine.loop, device);
    REQUIRE(transport->restore(state));
    std::uint64_t count = 0;
    REQUIRE(::read(transport->interrupt_fd(), &count, sizeof(count)) == sizeof(count));
    CHECK(count == 1);
}

TEST_CASE("a saved state that no driver can bring about is refused") {
    Machine machine;
    machine.driver.start();
    const TransportState good = machine.transport->save().value();
    const auto refuses = [&](const std::function<void(TransportState&)>& change) {
        TransportState state = good;
        change(state);
        FakeDevice device;
        const auto transport = make_transport(machine.arena, machine.loop, device);
        const bool refused = !transport->restore(state);
        CHECK(device.activations == (refused ? 0 : 1));
        return refused;
    };
    CHECK_FALSE(refuses([](auto&) {}));
    CHECK(refuses([](auto& state) { state.type = 1; }));
    CHECK(refuses([](auto& state) { state.queues.pop_back(); }));
    CHECK(refuses([](auto& state) { state.status = VIRTIO_CONFIG_S_DRIVER_OK; }));
    CHECK(refuses([](auto& state) { state.status = 0; }));
    CHECK(refuses([](auto& state) { state.driver_features |= std::uint64_t{1} << 60; }));
    CHECK(refuses([](auto& state) { state.driver_features = 0; }));
    CHECK(refuses([](auto& state) { state.queues[0].config.size = 3; }));
    CHECK(refuses([](auto& state) { state.queues[0].config.ready = false; }));
    CHECK(refuses([](auto& state) {
        state.queues[1].config.used_ring = memory::GuestAddress{~std::uint64_t{0} - 7};
    }));
}

}  // namespace
}  // namespace bulkhead::virtio
