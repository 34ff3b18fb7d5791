#include "vmm/bus/i8042.h"

#include <array>

#include <catch2/catch.hpp>

namespace bulkhead::bus {
namespace {

constexpr std::uint64_t kData = 0;
constexpr std::uint64_t kStatus = 4;
constexpr std::uint64_t kCommand = 4;

unsigned read1(I8042& device, std::uint64_t offset) {
    std::array<std::byte, 1> data{};
    device.read(offset, data);
    return std::to_integer<unsigned>(data[0]);
}

TEST_CASE("the reset command resets, and nothing else does") {
    int resets = 0;
    I8042 device([&] { ++resets; });
    for (unsigned value = 0; value < 0xfe; ++value) {
        device.write(kCommand, std::array{std::byte(value)});
    }
    device.write(kData, std::array{std::byte{0xfe}});
    CHECK(resets == 0);
    device.write(kCommand, std::array{std::byte{0xfe}});
    CHECK(resets == 1);
}

TEST_CASE("the input buffer is always empty, so that a reset need not wait") {
    I8042 device([] {});
    CHECK((read1(device, kStatus) & 0x02) == 0);
}

TEST_CASE("a driver that flushes the output buffer never finds its end") {
    I8042 device([] {});
    for (int i = 0; i < 32; ++i) {
        CHECK((read1(device, kStatus) & 0x01) == 1);
        CHECK(read1(device, kData) == 0);
    }
}

}  // namespace
}  // namespace bulkhead::bus
