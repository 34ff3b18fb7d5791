#include "vmm/balloon/balloon_device.h"

#include <linux/virtio_balloon.h>

#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "base/wire.h"
#include "tests/support/driver_fake.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::balloon {
namespace {

using memory::GuestAddress;
using test::DriverFake;
using test::GuestArena;
using test::Used;

// A part of RAM that neither rings nor test buffers use.
constexpr std::uint32_t kFirstPage = 0x100;
constexpr std::uint64_t kPage = BalloonDevice::kPageBytes;

struct Machine {
    Machine() {
        driver.activate(device);
        for (std::uint32_t page = 0; page < 8; ++page) {
            REQUIRE(
                driver.memory().write_bytes(at(page), std::vector<std::byte>(kPage, std::byte{7})));
        }
    }

    static GuestAddress at(std::uint32_t page) { return GuestAddress{(kFirstPage + page) * kPage}; }

    // Whether the page still holds what the guest wrote.
    bool kept(std::uint32_t page) {
        return driver.memory().read<std::uint8_t>(at(page)) == std::uint8_t{7};
    }

    static std::vector<std::byte> numbers(const std::vector<std::uint32_t>& pages) {
        ByteWriter writer;
        for (const std::uint32_t page : pages) writer.write(page);
        return std::move(writer).take();
    }

    std::uint32_t config(std::uint64_t offset) {
        std::array<std::byte, 4> bytes{};
        device.read_config(offset, bytes);
        return load_le<std::uint32_t>(bytes);
    }

    EventLoop loop;
    DriverFake driver;
    BalloonDevice device{driver.memory(), loop};
};

TEST_CASE("inflating gives the named pages back and no others") {
    Machine machine;
    const auto chain =
        machine.driver.queue(0)
            .chain()
            .readable(Machine::numbers({kFirstPage + 1, kFirstPage + 2, kFirstPage + 5}))
            .submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 0});
    CHECK(machine.kept(0));
    CHECK_FALSE(machine.kept(1));
    CHECK_FALSE(machine.kept(2));
    CHECK(machine.kept(3));
    CHECK(machine.kept(4));
    CHECK_FALSE(machine.kept(5));
    CHECK(machine.driver.memory().read<std::uint64_t>(Machine::at(5)) == 0U);
    CHECK(machine.driver.interrupt().used_buffers() == 1);
}

TEST_CASE("pages outside RAM are ignored, also in a run that leaves it") {
    Machine machine;
    const std::uint32_t last = GuestArena::kLowBytes / kPage - 1;
    const GuestAddress last_address{last * kPage};
    REQUIRE(machine.driver.memory().write(last_address, std::uint32_t{7}));
    const auto chain = machine.driver.queue(0)
                           .chain()
                           .readable(Machine::numbers(
                               {last, last + 1, last + 2, 0xffff'ffff, 0xffff'fffe, 0x8000'0000}))
                           .submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 0});
    CHECK(machine.driver.memory().read<std::uint32_t>(last_address) == 0U);
    CHECK_FALSE(machine.driver.interrupt().reset_needed());
}

TEST_CASE("an odd length ends with the last whole number") {
    Machine machine;
    auto bytes = Machine::numbers({kFirstPage});
    bytes.push_back(std::byte{1});
    machine.driver.queue(0).chain().readable(bytes).submit();
    machine.driver.kick(0);
    CHECK_FALSE(machine.kept(0));
    CHECK(machine.kept(1));
}

TEST_CASE("one request takes a bounded number of pages") {
    Machine machine;
    std::vector<std::uint32_t> pages(BalloonDevice::kMaxPagesPerRequest, 0xffff'ffff);
    pages.push_back(kFirstPage);
    machine.driver.queue(0).chain().readable(Machine::numbers(pages)).submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used());
    CHECK(machine.kept(0));
}

TEST_CASE("deflating only returns the buffer") {
    Machine machine;
    const auto chain =
        machine.driver.queue(1).chain().readable(Machine::numbers({kFirstPage})).submit();
    machine.driver.kick(1);
    CHECK(machine.driver.queue(1).used() == Used{chain.head, 0});
    CHECK(machine.kept(0));
}

TEST_CASE("reported pages are given back before the report is") {
    Machine machine;
    const auto chain =
        machine.driver.queue(2)
            .chain()
            .buffer({.address = Machine::at(1), .length = 2 * kPage, .writable = true})
            .buffer({.address = Machine::at(6), .length = kPage, .writable = true})
            .submit();
    machine.driver.kick(2);
    CHECK(machine.driver.queue(2).used() == Used{chain.head, 0});
    CHECK(machine.kept(0));
    CHECK_FALSE(machine.kept(1));
    CHECK_FALSE(machine.kept(2));
    CHECK(machine.kept(3));
    CHECK_FALSE(machine.kept(6));
}

TEST_CASE("a report of parts of pages keeps them, and one outside RAM breaks the ring") {
    Machine machine;
    machine.driver.queue(2)
        .chain()
        .buffer({.address = GuestAddress{memory::raw(Machine::at(0)) + 1},
                 .length = kPage,
                 .writable = true})
        .submit();
    machine.driver.kick(2);
    CHECK(machine.kept(0));
    CHECK(machine.kept(1));
    CHECK_FALSE(machine.driver.interrupt().reset_needed());
    machine.driver.queue(2)
        .chain()
        .buffer({.address = GuestAddress{GuestArena::kLowBytes}, .length = 4096, .writable = true})
        .submit();
    machine.driver.kick(2);
    CHECK(machine.driver.interrupt().reset_needed());
}

TEST_CASE("a report in a readable buffer gives nothing back") {
    Machine machine;
    machine.driver.queue(2).chain().buffer({.address = Machine::at(0), .length = kPage}).submit();
    machine.driver.kick(2);
    CHECK(machine.driver.queue(2).used());
    CHECK(machine.kept(0));
}

TEST_CASE("the target is in the configuration space and its change is signalled") {
    Machine machine;
    CHECK(machine.config(0) == 0);
    machine.device.set_target(10 * kPage + 1);
    CHECK(machine.config(0) == 10);
    CHECK(machine.driver.interrupt().config_changes() == 1);
    machine.device.set_target(std::numeric_limits<std::uint64_t>::max());
    CHECK(machine.config(0) == 0xffff'ffff);
}

TEST_CASE("a target set before the driver is there waits for it") {
    EventLoop loop;
    const GuestArena arena;
    BalloonDevice device(arena.memory(), loop);
    device.set_target(5 * kPage);
    std::array<std::byte, 4> bytes{};
    device.read_config(0, bytes);
    CHECK(load_le<std::uint32_t>(bytes) == 5);
}

TEST_CASE("the driver says what the balloon holds, and only that") {
    Machine machine;
    std::array<std::byte, 4> bytes{};
    store_le<std::uint32_t>(bytes, 3);
    machine.device.write_config(4, bytes);
    CHECK(machine.device.actual_bytes() == 3 * kPage);
    CHECK(machine.config(4) == 3);
    machine.device.write_config(0, bytes);
    CHECK(machine.config(0) == 0);
    machine.device.write_config(4, std::span(bytes).first(2));
    machine.device.write_config(6, bytes);
    CHECK(machine.device.actual_bytes() == 3 * kPage);
    machine.driver.reset();
    CHECK(machine.device.actual_bytes() == 0);
}

TEST_CASE("reporting is the third queue and may be absent") {
    const Machine machine;
    const auto& traits = machine.device.traits();
    CHECK(traits.queue_sizes.size() == 3);
    CHECK(traits.optional_queues == 1);
    CHECK((traits.features & virtio::feature(VIRTIO_BALLOON_F_REPORTING)) != 0);
    CHECK((traits.features & virtio::feature(VIRTIO_BALLOON_F_STATS_VQ)) == 0);
}

TEST_CASE("more requests than one turn takes are all served") {
    Machine machine;
    for (int i = 0; i < 40; ++i) {
        machine.driver.queue(0).chain().readable(Machine::numbers({kFirstPage})).submit();
    }
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used_index() == 16);
    while (machine.loop.poll() > 0) {
    }
    CHECK(machine.driver.queue(0).used_index() == 40);
}

// Each page that does not follow the one before costs a call of the kernel: a guest that sends only
// those must not keep the loop from its other work.
TEST_CASE("a turn ends after a bounded number of runs of pages") {
    constexpr std::uint64_t kRequests = 6;
    Machine machine;
    std::vector<std::uint32_t> scattered;
    for (std::uint32_t page = 0; page < BalloonDevice::kMaxPagesPerRequest; ++page) {
        scattered.push_back(kFirstPage + page % 2 * 2);
    }
    for (std::uint64_t i = 0; i < kRequests; ++i) {
        machine.driver.queue(0).chain().readable(Machine::numbers(scattered)).submit();
    }
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used_index() ==
          BalloonDevice::kRunsPerTurn / BalloonDevice::kMaxPagesPerRequest);
    while (machine.loop.poll() > 0) {
    }
    CHECK(machine.driver.queue(0).used_index() == kRequests);
}

TEST_CASE("a turn ends after a bounded number of reported buffers") {
    Machine machine;
    constexpr std::uint16_t kBuffers = 100;
    auto& queue = machine.driver.queue(2);
    for (std::uint16_t slot = 0; slot < kBuffers; ++slot) {
        queue.write_descriptor(
            slot, {.address = memory::raw(Machine::at(0)),
                   .length = 4096,
                   .flags = static_cast<std::uint16_t>(
                       slot + 1 < kBuffers ? virtio::kDescriptorNext | virtio::kDescriptorWrite
                                           : virtio::kDescriptorWrite),
                   .next = static_cast<std::uint16_t>(slot + 1)});
    }
    for (int i = 0; i < 10; ++i) queue.make_available(0);
    machine.driver.kick(2);
    CHECK(queue.used_index() == BalloonDevice::kRunsPerTurn / kBuffers + 1);
    while (machine.loop.poll() > 0) {
    }
    CHECK(queue.used_index() == 10);
}

TEST_CASE("a restored balloon has the sizes of the saved one") {
    Machine saved;
    saved.device.set_target(5 * kPage);
    std::array<std::byte, 4> actual{};
    store_le<std::uint32_t>(actual, 3);
    saved.device.write_config(offsetof(virtio_balloon_config, actual), actual);
    const auto state = saved.device.save().value();
    CHECK(state.queues.size() == 3);
    Machine machine;
    REQUIRE(machine.device.restore(state.own));
    CHECK(machine.device.actual_bytes() == 3 * kPage);
    CHECK(machine.config(offsetof(virtio_balloon_config, num_pages)) == 5);
}

TEST_CASE("a saved balloon's sizes are bounded") {
    Machine machine;
    const std::vector<std::uint64_t> large{std::uint64_t{1} << 32U, 0};
    CHECK_FALSE(machine.device.restore(large));
    CHECK_FALSE(machine.device.restore(std::vector<std::uint64_t>{0, std::uint64_t{1} << 32U}));
    CHECK_FALSE(machine.device.restore(std::vector<std::uint64_t>{1}));
}

}  // namespace
}  // namespace bulkhead::balloon
