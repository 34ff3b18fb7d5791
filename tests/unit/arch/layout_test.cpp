#include "vmm/arch/x86_64/layout.h"

#include <catch2/catch.hpp>

#include "vmm/arch/arch.h"

namespace bulkhead::arch {
namespace {

TEST_CASE("device windows and interrupt lines are all different and inside their bounds") {
    const auto slots = device_slots();
    CHECK(slots.size() == 19);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        CHECK(raw(slots[i].window) == kDeviceWindows + i * 0x1000);
        CHECK(slots[i].interrupt == 5 + i);
    }
    CHECK(raw(slots.back().window) + kDeviceWindowBytes <= kIoApic);
    CHECK(slots.back().interrupt < kIoApicPins);
}

TEST_CASE("the parts of the gap do not meet") {
    CHECK(kDeviceWindows >= kGapStart);
    CHECK(kIoApic + 0x1000 <= kLocalApic);
    CHECK(kLocalApic + 0x1000 <= kIdentityMap);
    CHECK(kIdentityMap + 0x1000 == kTaskStateSegment);
    CHECK(kTaskStateSegment + std::uint64_t{0x3000} <= kGapEnd);
}

TEST_CASE("a device is named as virtio_mmio's parameter wants it") {
    boot::CommandLine line;
    REQUIRE(append_device_argument(line, {memory::GuestAddress{0xd000'0000}, 5}));
    CHECK(line.text() == "virtio_mmio.device=4K@0xd0000000:5");
}

TEST_CASE("the command line has room for every device and as much again") {
    boot::CommandLine line;
    REQUIRE(append_platform_arguments(line));
    for (const DeviceSlot& slot : device_slots()) REQUIRE(append_device_argument(line, slot));
    CHECK(line.text().size() < boot::CommandLine::kMaxBytes / 2);
}

}  // namespace
}  // namespace bulkhead::arch
