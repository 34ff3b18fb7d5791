#include "vmm/bus/bus.h"

#include <array>
#include <limits>
#include <optional>

#include <catch2/catch.hpp>

namespace bulkhead::bus {
namespace {

struct Probe final : BusDevice {
    std::optional<std::uint64_t> last_offset;
    std::size_t last_size = 0;

    void read(std::uint64_t offset, std::span<std::byte> data) override {
        last_offset = offset;
        last_size = data.size();
        for (std::byte& byte : data) byte = std::byte{0x5a};
    }

    void write(std::uint64_t offset, std::span<const std::byte> data) override {
        last_offset = offset;
        last_size = data.size();
    }
};

std::array<std::byte, 4> read4(const Bus& bus, std::uint64_t address) {
    std::array<std::byte, 4> data{};
    bus.read(address, data);
    return data;
}

constexpr std::array<std::byte, 4> kAnswered{std::byte{0x5a}, std::byte{0x5a}, std::byte{0x5a},
                                             std::byte{0x5a}};
constexpr std::array<std::byte, 4> kNobody{std::byte{0xff}, std::byte{0xff}, std::byte{0xff},
                                           std::byte{0xff}};

TEST_CASE("an access reaches the device whose range holds it, with its offset") {
    Bus bus;
    Probe low;
    Probe high;
    REQUIRE(bus.add({0x2000, 0x1000}, high));
    REQUIRE(bus.add({0x1000, 0x1000}, low));
    CHECK(read4(bus, 0x1ffc) == kAnswered);
    CHECK(low.last_offset == 0xffc);
    CHECK_FALSE(high.last_offset);
    bus.write(0x2000, std::array{std::byte{1}});
    CHECK(high.last_offset == 0);
    CHECK(high.last_size == 1);
}

TEST_CASE("an access that no device holds wholly reads as ones and writes to nothing") {
    Bus bus;
    Probe device;
    REQUIRE(bus.add({0x1000, 0x10}, device));
    for (const std::uint64_t address :
         {std::uint64_t{0}, std::uint64_t{0xffe}, std::uint64_t{0x100d}, std::uint64_t{0x1010},
          std::numeric_limits<std::uint64_t>::max()}) {
        CHECK(read4(bus, address) == kNobody);
        bus.write(address, kAnswered);
    }
    CHECK_FALSE(device.last_offset);
}

TEST_CASE("ranges that meet, wrap or are empty are refused") {
    Bus bus;
    Probe device;
    REQUIRE(bus.add({0x1000, 0x100}, device));
    CHECK_FALSE(bus.add({0x1000, 0x100}, device));
    CHECK_FALSE(bus.add({0x10ff, 1}, device));
    CHECK_FALSE(bus.add({0xfff, 2}, device));
    CHECK_FALSE(bus.add({0x0, 0x10000}, device));
    CHECK_FALSE(bus.add({0x1080, 1}, device));
    CHECK_FALSE(bus.add({0x5000, 0}, device));
    CHECK_FALSE(bus.add({std::numeric_limits<std::uint64_t>::max(), 2}, device));
    CHECK(bus.add({0xfff, 1}, device));
    CHECK(bus.add({0x1100, 1}, device));
}

TEST_CASE("a device may end at the top of the address space") {
    Bus bus;
    Probe device;
    constexpr std::uint64_t kTop = std::numeric_limits<std::uint64_t>::max();
    REQUIRE(bus.add({kTop - 3, 4}, device));
    CHECK(read4(bus, kTop - 3) == kAnswered);
    CHECK(read4(bus, kTop - 2) == kNobody);
}

}  // namespace
}  // namespace bulkhead::bus
