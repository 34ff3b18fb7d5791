#include "vmm/rng/rng_device.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/driver_fake.h"

namespace bulkhead::rng {
namespace {

using test::DriverFake;
using test::Used;

struct Machine {
    Machine() { driver.activate(device); }

    void settle() {
        while (loop.poll() > 0) {
        }
    }

    EventLoop loop;
    DriverFake driver;
    RngDevice device{loop};
};

std::size_t zeros(const std::vector<std::byte>& bytes) {
    return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), std::byte{0}));
}

TEST_CASE("a request is filled with random bytes, different ones each time") {
    Machine machine;
    const auto first = machine.driver.queue(0).chain().writable(100).writable(28).submit();
    const auto second = machine.driver.queue(0).chain().writable(128).submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{first.head, 128});
    CHECK(machine.driver.queue(0).used() == Used{second.head, 128});
    const auto one = machine.driver.queue(0).written(first);
    const auto two = machine.driver.queue(0).written(second);
    CHECK(one != two);
    // 128 zero bytes have probability 2^-1024; 32 of them still practically none.
    CHECK(zeros(one) < 32);
    CHECK(zeros(two) < 32);
    CHECK(machine.driver.interrupt().used_buffers() == 1);
}

TEST_CASE("one request gets at most 64 KiB") {
    Machine machine;
    const auto chain = machine.driver.queue(0).chain().writable(65536).writable(4096).submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{chain.head, 65536});
    const auto bytes = machine.driver.queue(0).written(chain);
    CHECK(std::all_of(bytes.end() - 4096, bytes.end(),
                      [](std::byte byte) { return byte == std::byte{0}; }));
    CHECK(zeros(bytes) < 8192);
}

TEST_CASE("requests without room come back empty, and readable buffers stay as they are") {
    Machine machine;
    const auto readable = machine.driver.queue(0).chain().readable("seed").submit();
    const auto both = machine.driver.queue(0).chain().readable("seed").writable(8).submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used() == Used{readable.head, 0});
    CHECK(machine.driver.queue(0).used() == Used{both.head, 8});
}

TEST_CASE("many large requests are served in turns") {
    Machine machine;
    for (int i = 0; i < 8; ++i) machine.driver.queue(0).chain().writable(65536).submit();
    machine.driver.kick(0);
    CHECK(machine.driver.queue(0).used_index() == 1);
    machine.settle();
    CHECK(machine.driver.queue(0).used_index() == 8);
}

TEST_CASE("a reset between turns ends the work") {
    Machine machine;
    for (int i = 0; i < 8; ++i) machine.driver.queue(0).chain().writable(65536).submit();
    machine.driver.kick(0);
    const std::uint16_t used = machine.driver.queue(0).used_index();
    machine.device.reset();
    machine.settle();
    CHECK(machine.driver.queue(0).used_index() == used);
}

TEST_CASE("a broken ring asks for a reset") {
    Machine machine;
    machine.driver.queue(0).set_available_index(1000);
    machine.driver.kick(0);
    CHECK(machine.driver.interrupt().reset_needed());
}

TEST_CASE("there is no configuration space") {
    const Machine machine;
    std::vector<std::byte> bytes(8, std::byte{0xff});
    machine.device.read_config(0, bytes);
    CHECK(bytes == std::vector<std::byte>(8));
}

}  // namespace
}  // namespace bulkhead::rng
