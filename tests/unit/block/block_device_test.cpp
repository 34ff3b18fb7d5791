#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/block/block_machine.h"

namespace bulkhead::block {
namespace {

using test::FakeDisk;
using test::SubmittedChain;
using test::Used;

std::uint64_t config_field(const BlockDevice& device, std::size_t offset, std::size_t width) {
    std::array<std::byte, 8> bytes{};
    device.read_config(offset, std::span(bytes).first(width));
    return load_le<std::uint64_t>(bytes);
}

TEST_CASE("the configuration space names capacity and limits") {
    const Machine machine;
    CHECK(config_field(machine.device, 0, 8) == 64);
    CHECK(config_field(machine.device, offsetof(virtio_blk_config, seg_max), 4) == 254);
    CHECK(config_field(machine.device, offsetof(virtio_blk_config, blk_size), 4) == 512);
    CHECK(config_field(machine.device, offsetof(virtio_blk_config, max_discard_seg), 4) == 1);
    CHECK(config_field(machine.device, 4096, 8) == 0);
    CHECK((machine.device.traits().features & virtio::feature(VIRTIO_BLK_F_RO)) == 0);
    CHECK((machine.device.traits().features & virtio::feature(VIRTIO_BLK_F_FLUSH)) != 0);
}

TEST_CASE("a read-only disk says so and offers no discard") {
    const Machine machine(true);
    const std::uint64_t features = machine.device.traits().features;
    CHECK((features & virtio::feature(VIRTIO_BLK_F_RO)) != 0);
    CHECK((features & virtio::feature(VIRTIO_BLK_F_DISCARD)) == 0);
    CHECK((features & virtio::feature(VIRTIO_BLK_F_WRITE_ZEROES)) == 0);
}

TEST_CASE("a read fills the buffer, then the status, and counts both") {
    Machine machine;
    machine.driver.activate(machine.device);
    const auto chain = machine.submit_read(5);
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 513});
    auto expected = std::vector<std::byte>(512, std::byte{5});
    expected.push_back(std::byte{VIRTIO_BLK_S_OK});
    CHECK(machine.driver.queue(0).written(chain) == expected);
    CHECK(machine.driver.interrupt().used_buffers() == 1);
}

TEST_CASE("a request beyond the limit waits, and is answered with an interrupt of its own") {
    Machine machine;
    auto& [loop, driver, disk, throttles, device] = machine;
    throttles.set({.read = {.bytes = 5120, .operations = 0}, .write = {}});
    driver.activate(device);
    const auto read = [&machine] {
        machine.driver.queue(0)
            .chain()
            .readable(header(VIRTIO_BLK_T_IN))
            .writable(512)
            .writable(1)
            .submit();
    };
    for (int i = 0; i < 3; ++i) read();
    driver.queue(0)
        .chain()
        .readable(header(VIRTIO_BLK_T_OUT))
        .readable(std::string(512, 'x'))
        .writable(1)
        .submit();
    driver.kick(0);
    // A tenth of a second's worth, and the write: it has a limit of its own, and does not queue up.
    CHECK(disk.requests.size() == 2);
    for (int i = 0; i < 2; ++i) CHECK(driver.queue(0).used().has_value());
    const auto interrupts = driver.interrupt().used_buffers();
    while (disk.requests.size() < 4) loop.poll();
    CHECK(driver.interrupt().used_buffers() > interrupts);
    for (int i = 0; i < 2; ++i) CHECK(driver.queue(0).used().has_value());
    driver.reset();
}

TEST_CASE("a reset forgets what waits for a limit") {
    Machine machine;
    auto& [loop, driver, disk, throttles, device] = machine;
    throttles.set({.read = {.bytes = 0, .operations = 1}, .write = {}});
    driver.activate(device);
    for (int i = 0; i < 4; ++i)
        driver.queue(0)
            .chain()
            .readable(header(VIRTIO_BLK_T_IN))
            .writable(512)
            .writable(1)
            .submit();
    driver.kick(0);
    CHECK(disk.requests.size() == 1);
    driver.reset();
    throttles.set({});
    while (loop.poll() > 0) {
    }
    CHECK(disk.requests.size() == 1);
}

TEST_CASE("a write changes the disk and counts the status only") {
    Machine machine;
    machine.driver.activate(machine.device);
    const auto chain = machine.driver.queue(0)
                           .chain()
                           .readable(header(VIRTIO_BLK_T_OUT, 2))
                           .readable(std::vector<std::byte>(512, std::byte{0xaa}))
                           .writable(1)
                           .indirect()
                           .submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 1});
    CHECK(machine.status(chain) == VIRTIO_BLK_S_OK);
    CHECK(machine.disk.bytes[2 * 512] == std::byte{0xaa});
    CHECK(machine.disk.bytes[3 * 512 - 1] == std::byte{0xaa});
    CHECK(machine.disk.bytes[3 * 512] == std::byte{3});
}

TEST_CASE("the identity is the serial, padded with zeros") {
    Machine machine;
    machine.driver.activate(machine.device);
    const auto chain = machine.driver.queue(0)
                           .chain()
                           .readable(header(VIRTIO_BLK_T_GET_ID))
                           .writable(20)
                           .writable(1)
                           .submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 21});
    const auto written = machine.driver.queue(0).written(chain);
    std::string text;
    for (const std::byte byte : written) text.push_back(static_cast<char>(byte));
    CHECK(text == std::string("serial-1") + std::string(13, '\0'));
}

TEST_CASE("a refused request and a failed disk end in a status, not in a reset") {
    Machine machine;
    machine.driver.activate(machine.device);
    machine.disk.status = DiskStatus::IoError;
    const auto failed = machine.submit_read(0);
    const auto past_end = machine.submit_read(64);
    const auto no_status =
        machine.driver.queue(0).chain().readable(header(VIRTIO_BLK_T_FLUSH)).submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{failed.head, 1});
    CHECK(machine.driver.queue(0).used() == Used{past_end.head, 1});
    CHECK(machine.driver.queue(0).used() == Used{no_status.head, 0});
    CHECK(machine.status(failed) == VIRTIO_BLK_S_IOERR);
    CHECK(machine.status(past_end) == VIRTIO_BLK_S_IOERR);
    CHECK_FALSE(machine.driver.interrupt().reset_needed());
}

TEST_CASE("requests complete in the order in which the disk finishes them") {
    Machine machine;
    machine.disk.hold = true;
    machine.driver.activate(machine.device);
    const auto first = machine.submit_read(1);
    const auto second = machine.submit_read(2);
    machine.driver.kick(0);
    CHECK_FALSE(machine.driver.queue(0).used());
    REQUIRE(machine.disk.held.size() == 2);
    std::swap(machine.disk.held[0], machine.disk.held[1]);
    machine.disk.answer_next();
    CHECK(machine.driver.queue(0).used() == Used{second.head, 513});
    machine.disk.answer_next(DiskStatus::IoError);
    CHECK(machine.driver.queue(0).used() == Used{first.head, 1});
    CHECK(machine.driver.interrupt().used_buffers() == 2);
}

TEST_CASE("a driver that declined FLUSH gets durable writes") {
    Machine machine;
    machine.driver.activate(machine.device, virtio::feature(VIRTIO_BLK_F_FLUSH));
    machine.driver.queue(0)
        .chain()
        .readable(header(VIRTIO_BLK_T_OUT))
        .readable(std::vector<std::byte>(512))
        .writable(1)
        .submit();
    machine.driver.kick(0);
    REQUIRE(machine.disk.requests.size() == 1);
    CHECK(machine.disk.requests[0].durable);
}

TEST_CASE("more requests than one turn takes are all served") {
    Machine machine;
    machine.driver.activate(machine.device);
    for (int i = 0; i < 80; ++i) machine.submit_read(static_cast<std::uint64_t>(i % 64));
    machine.driver.kick(0);
    machine.settle();
    int served = 0;
    while (machine.driver.queue(0).used()) ++served;
    CHECK(served == 80);
}

TEST_CASE(
    "a driver that makes one chain available over and over holds at most a queue of requests") {
    Machine machine;
    machine.disk.hold = true;
    machine.driver.activate(machine.device, 0, std::uint16_t{8});
    const auto chain = machine.submit_read(1);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 7; ++i) machine.driver.queue(0).make_available(chain.head);
        machine.driver.kick(0);
        machine.settle();
    }
    CHECK(machine.disk.held.size() == 8);
    machine.disk.answer_next();
    CHECK(machine.disk.held.size() == 8);
}

TEST_CASE("a broken ring asks for a reset, after which the device works again") {
    Machine machine;
    machine.driver.activate(machine.device);
    machine.driver.queue(0).set_available_index(5000);
    machine.driver.kick(0);
    CHECK(machine.driver.interrupt().reset_needed());
    machine.driver.reset();
    machine.driver.activate(machine.device);
    const auto chain = machine.submit_read(5);
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 513});
}

TEST_CASE("a reset drains the disk and forgets what was in flight") {
    Machine machine;
    machine.disk.hold = true;
    machine.driver.activate(machine.device);
    machine.submit_read(1);
    machine.driver.kick(0);
    REQUIRE(machine.disk.held.size() == 1);
    machine.driver.reset();
    CHECK(machine.disk.drains == 1);
    machine.settle();

    machine.driver.activate(machine.device);
    const auto chain = machine.submit_read(2);
    machine.driver.kick(0);
    machine.disk.answer_next();
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 513});
}

TEST_CASE("a reset between two turns of a long queue ends the work") {
    Machine machine;
    machine.driver.activate(machine.device);
    for (int i = 0; i < 80; ++i) machine.submit_read(0);
    machine.driver.kick(0);
    machine.driver.reset();
    machine.settle();
    CHECK(machine.disk.requests.size() == 64);
}

TEST_CASE("a disk of no sectors refuses every read") {
    Machine machine(std::make_unique<FakeDisk>(0));
    machine.driver.activate(machine.device);
    const auto chain = machine.submit_read(0);
    machine.driver.kick(0);
    CHECK(machine.status(chain) == VIRTIO_BLK_S_IOERR);
    CHECK(machine.disk.requests.empty());
}

}  // namespace
}  // namespace bulkhead::block
