#include "vmm/virtio/queue.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/support/driver_queue.h"

namespace bulkhead::virtio {
namespace {

using memory::GuestAddress;
using test::DriverQueue;
using test::GuestArena;
using test::Used;

constexpr std::uint16_t kSize = 8;

struct Pair {
    explicit Pair(std::uint64_t features, std::uint16_t start = 0)
        : driver(arena, kSize, features),
          device(*Queue::activate(arena.memory(), driver.config(), kSize, features)) {
        driver.start_at(start);
        device.restore({.next_available = start, .next_used = start});
    }

    GuestArena arena;
    DriverQueue driver;
    Queue device;
};

bool activates(const GuestArena& arena, const QueueConfig& config) {
    return Queue::activate(arena.memory(), config, 256, kTransportFeatures).has_value();
}

TEST_CASE("a queue activates only with a usable size") {
    GuestArena arena;
    QueueConfig config = DriverQueue(arena, 256, 0).config();
    CHECK(activates(arena, config));
    for (const int size : {0, 3, 255, 512, 0x8000, 0xffff}) {
        config.size = static_cast<std::uint16_t>(size);
        CHECK_FALSE(activates(arena, config));
    }
    config.size = 1;
    CHECK(activates(arena, config));
    config.ready = false;
    CHECK_FALSE(activates(arena, config));
}

TEST_CASE("a queue activates only with rings that are aligned and in one region") {
    GuestArena arena;
    const QueueConfig good = DriverQueue(arena, 8, 0).config();
    const auto with = [&](GuestAddress QueueConfig::*ring, std::uint64_t address) {
        QueueConfig config = good;
        config.*ring = GuestAddress{address};
        return activates(arena, config);
    };
    CHECK_FALSE(with(&QueueConfig::descriptor_table, 0x2008));
    CHECK_FALSE(with(&QueueConfig::available_ring, 0x2001));
    CHECK_FALSE(with(&QueueConfig::used_ring, 0x2002));
    const std::uint64_t end = GuestArena::kLowBytes;
    CHECK(with(&QueueConfig::descriptor_table, end - 128));
    CHECK_FALSE(with(&QueueConfig::descriptor_table, end - 112));
    CHECK(with(&QueueConfig::available_ring, end - 22));
    CHECK_FALSE(with(&QueueConfig::available_ring, end - 20));
    CHECK(with(&QueueConfig::used_ring, end - 72));
    CHECK_FALSE(with(&QueueConfig::used_ring, end - 68));
    CHECK_FALSE(with(&QueueConfig::used_ring, ~std::uint64_t{3}));
}

// A driver harms only itself so: each of the device's stores changes what it reads next.
TEST_CASE("rings that lie over each other end in a broken queue, and nothing beside them changes") {
    constexpr std::uint64_t kPlace = 0x10000;
    GuestArena arena;
    const QueueConfig config{.size = kSize,
                             .ready = true,
                             .descriptor_table = GuestAddress{kPlace},
                             .available_ring = GuestAddress{kPlace},
                             .used_ring = GuestAddress{kPlace}};
    constexpr std::uint64_t kEnd = kPlace + sizeof(Descriptor) * kSize;
    REQUIRE(arena.memory().write(GuestAddress{kPlace - 8}, std::uint64_t{0x7777}));
    REQUIRE(arena.memory().write(GuestAddress{kEnd}, std::uint64_t{0x7777}));
    // Index 1, and head 0: the first descriptor is the ring's own head.
    REQUIRE(arena.memory().write(GuestAddress{kPlace + kRingIndex}, std::uint16_t{1}));
    auto queue = *Queue::activate(arena.memory(), config, kSize, kTransportFeatures);
    bool broken = false;
    for (int turn = 0; turn < 1000 && !broken; ++turn) {
        const auto popped = queue.pop();
        broken = popped.broken;
        if (popped.chain) queue.push_used(popped.chain->head, 0xffff'ffff);
        static_cast<void>(queue.should_interrupt());
        const auto next = static_cast<std::uint16_t>(queue.positions().next_available + 1);
        REQUIRE(arena.memory().write(GuestAddress{kPlace + kRingIndex}, next));
    }
    CHECK(broken);
    CHECK(arena.memory().read<std::uint64_t>(GuestAddress{kPlace - 8}) == 0x7777U);
    CHECK(arena.memory().read<std::uint64_t>(GuestAddress{kEnd}) == 0x7777U);
}

TEST_CASE("chains come in order and go back with their length") {
    Pair queue(kTransportFeatures);
    CHECK_FALSE(queue.device.pop().chain);
    const auto first = queue.driver.chain().readable("abc").submit();
    const auto second = queue.driver.chain().writable(4).indirect().submit();
    const auto one = queue.device.pop();
    const auto two = queue.device.pop();
    REQUIRE(one.chain);
    REQUIRE(two.chain);
    CHECK(one.chain->head == first.head);
    CHECK(two.chain->head == second.head);
    CHECK_FALSE(queue.device.pop().chain);

    queue.device.push_used(second.head, 4);
    queue.device.push_used(first.head, 0);
    CHECK(queue.driver.used() == Used{second.head, 4});
    CHECK(queue.driver.used() == Used{first.head, 0});
    CHECK_FALSE(queue.driver.used());
}

TEST_CASE("a chain that was put back comes again") {
    Pair queue(kTransportFeatures);
    const auto chain = queue.driver.chain().readable("abc").submit();
    REQUIRE(queue.device.pop().chain);
    queue.device.undo_pop();
    const auto again = queue.device.pop();
    REQUIRE(again.chain);
    CHECK(again.chain->head == chain.head);
    CHECK_FALSE(queue.device.pop().chain);
}

TEST_CASE("an available index that jumps breaks the queue for good") {
    Pair queue(GENERATE(std::uint64_t{0}, kTransportFeatures),
               GENERATE(as<std::uint16_t>{}, 0, 0xfffc));
    queue.driver.set_available_index(
        static_cast<std::uint16_t>(queue.device.positions().next_available + kSize + 1));
    const auto popped = queue.device.pop();
    CHECK(popped.broken);
    CHECK(std::string(popped.reason) == "available index jumped");
    CHECK_FALSE(popped.chain);
    queue.driver.set_available_index(queue.device.positions().next_available);
    CHECK(queue.device.pop().broken);
}

TEST_CASE("an available index that goes back breaks the queue") {
    Pair queue(kTransportFeatures, 10);
    queue.driver.set_available_index(9);
    CHECK(queue.device.pop().broken);
}

TEST_CASE("a full ring of chains is fine") {
    Pair queue(kTransportFeatures, 0xfffb);
    for (int i = 0; i < kSize; ++i) queue.driver.chain().writable(1).submit();
    for (int i = 0; i < kSize; ++i) CHECK(queue.device.pop().chain);
    const auto popped = queue.device.pop();
    CHECK_FALSE(popped.broken);
    CHECK_FALSE(popped.chain);
}

TEST_CASE("a head out of range or a bad chain breaks the queue with the rule's name") {
    Pair queue(kTransportFeatures);
    queue.driver.make_available(kSize);
    CHECK(std::string(queue.device.pop().reason) == "descriptor index out of range");
}

TEST_CASE("without EVENT_IDX the driver's flag suppresses interrupts") {
    Pair queue(kVersion1);
    CHECK_FALSE(queue.device.should_interrupt());
    const auto chain = queue.driver.chain().writable(1).submit();
    REQUIRE(queue.device.pop().chain);
    CHECK_FALSE(queue.device.should_interrupt());
    queue.device.push_used(chain.head, 1);
    CHECK(queue.device.should_interrupt());
    CHECK_FALSE(queue.device.should_interrupt());
    queue.driver.suppress_interrupts();
    queue.device.push_used(chain.head, 1);
    CHECK_FALSE(queue.device.should_interrupt());
}

TEST_CASE("with EVENT_IDX an interrupt comes when used_event is among what was pushed") {
    // Also where the 16-bit index wraps.
    const std::uint16_t start = GENERATE(as<std::uint16_t>{}, 0, 0xfffe, 0x7fff);
    Pair queue(kTransportFeatures, start);
    const auto index = [&](int offset) { return static_cast<std::uint16_t>(start + offset); };
    const auto push = [&](int count) {
        for (int i = 0; i < count; ++i) queue.device.push_used(0, 0);
        return queue.device.should_interrupt();
    };
    queue.driver.set_used_event(index(2));
    CHECK_FALSE(push(2));  // entries 0 and 1
    CHECK(push(1));        // entry 2
    CHECK_FALSE(push(1));  // 3: past it
    queue.driver.set_used_event(index(5));
    CHECK(push(3));  // 4, 5 and 6: 5 lies between
    CHECK_FALSE(push(0));
    queue.driver.set_used_event(index(6));
    CHECK_FALSE(push(1));  // 7; 6 is old
}

TEST_CASE("with EVENT_IDX an empty queue asks for the next notification") {
    const std::uint16_t start = GENERATE(as<std::uint16_t>{}, 0, 0xffff);
    Pair queue(kTransportFeatures, start);
    CHECK_FALSE(queue.device.pop().chain);
    queue.driver.chain().writable(1).submit();
    CHECK(queue.driver.must_kick());
    // Not asked again while the device is at work.
    queue.driver.chain().writable(1).submit();
    CHECK_FALSE(queue.driver.must_kick());
    CHECK(queue.device.pop().chain);
    CHECK(queue.device.pop().chain);
    CHECK(queue.driver.available_event() == start);
    CHECK_FALSE(queue.device.pop().chain);
    CHECK(queue.driver.available_event() == static_cast<std::uint16_t>(start + 2));
    queue.driver.chain().writable(1).submit();
    CHECK(queue.driver.must_kick());
}

TEST_CASE("a restored queue goes on where the other one stopped") {
    Pair queue(kTransportFeatures);
    queue.driver.chain().writable(1).submit();
    REQUIRE(queue.device.pop().chain);
    queue.device.push_used(0, 1);
    const auto second = queue.driver.chain().writable(1).submit();
    auto restored =
        Queue::activate(queue.arena.memory(), queue.driver.config(), kSize, kTransportFeatures);
    REQUIRE(restored);
    restored->restore(queue.device.positions());
    const auto popped = restored->pop();
    REQUIRE(popped.chain);
    CHECK(popped.chain->head == second.head);
    CHECK_FALSE(restored->should_interrupt());
    CHECK(restored->size() == kSize);
}

}  // namespace
}  // namespace bulkhead::virtio
