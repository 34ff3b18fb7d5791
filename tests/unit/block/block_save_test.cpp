#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/block/block_machine.h"

namespace bulkhead::block {
namespace {

using test::FakeDisk;

TEST_CASE("a restored driver is told of a disk of another size, and of no other") {
    const bool other = GENERATE(false, true);
    Machine saved;
    saved.driver.activate(saved.device);
    const auto state = saved.device.save().value();
    CHECK(state.queues.size() == 1);
    Machine machine(std::make_unique<FakeDisk>(other ? 2 * kDiskBytes : kDiskBytes));
    REQUIRE(machine.device.restore(state.own));
    machine.driver.activate(machine.device);
    CHECK(machine.driver.interrupt().config_changes() == (other ? 1U : 0U));
    // A driver that begins anew knows the disk as it is.
    machine.driver.reset();
    machine.driver.activate(machine.device);
    CHECK(machine.driver.interrupt().config_changes() == 0);
}

TEST_CASE("a disk with requests in flight is not saved") {
    Machine machine;
    machine.disk.hold = true;
    machine.driver.activate(machine.device);
    static_cast<void>(machine.submit_read(1));
    machine.driver.kick(0);
    CHECK_FALSE(machine.device.save());
    machine.disk.answer_next();
    CHECK(machine.device.save());
}

TEST_CASE("a disk that is held answers what it has begun, takes no more, and goes on with that") {
    Machine machine;
    machine.disk.hold = true;
    machine.driver.activate(machine.device);
    static_cast<void>(machine.submit_read(1));
    machine.driver.kick(0);
    int quiet = 0;
    machine.device.hold([&quiet] { ++quiet; });
    static_cast<void>(machine.submit_read(2));
    machine.driver.kick(0);
    CHECK(quiet == 0);
    machine.disk.answer_next();
    CHECK(quiet == 1);
    const auto saved = machine.device.save();
    REQUIRE(saved);
    // One of the two was taken and given back.
    CHECK(saved->queues.front().next_available == 1);
    CHECK(saved->queues.front().next_used == 1);
    machine.device.release();
    CHECK_FALSE(machine.device.save());
    machine.disk.answer_next();
    CHECK(machine.device.save()->queues.front().next_used == 2);
    CHECK(quiet == 1);
}

TEST_CASE("what waits for a limit begins when the disk is held, and nobody waits for it") {
    Machine machine;
    auto& [loop, driver, disk, throttles, device] = machine;
    throttles.set({.read = {.bytes = 0, .operations = 1}, .write = {}});
    driver.activate(device);
    for (std::uint64_t sector = 0; sector < 4; ++sector)
        static_cast<void>(machine.submit_read(sector));
    driver.kick(0);
    REQUIRE(disk.requests.size() == 1);
    bool quiet = false;
    device.hold([&quiet] { quiet = true; });
    CHECK(quiet);
    CHECK(disk.requests.size() == 4);
    for (int i = 0; i < 4; ++i) CHECK(driver.queue(0).used().has_value());
    CHECK(device.save()->queues.front().next_used == 4);
    driver.reset();
}

TEST_CASE("a disk with nothing in flight is quiet as soon as it is held") {
    Machine machine;
    machine.driver.activate(machine.device);
    bool quiet = false;
    machine.device.hold([&quiet] { quiet = true; });
    CHECK(quiet);
}

TEST_CASE("a saved disk has one value of its own") {
    Machine machine;
    const std::vector<std::uint64_t> two{1, 2};
    CHECK_FALSE(machine.device.restore(two));
    CHECK_FALSE(machine.device.restore({}));
}

}  // namespace
}  // namespace bulkhead::block
