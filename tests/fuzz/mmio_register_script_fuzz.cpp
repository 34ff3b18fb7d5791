// Any sequence of register accesses and ring contents against a real transport with each device
// behind it. The first byte chooses the device; the rest is a script
// (tests/support/device_script.h).
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/log.h"
#include "tests/support/device_script.h"
#include "tests/support/fake_device.h"
#include "tests/support/fake_disk.h"
#include "tests/support/vsock_guest.h"
#include "vmm/balloon/balloon_device.h"
#include "vmm/block/block_device.h"
#include "vmm/rng/rng_device.h"
#include "vmm/vsock/vsock_device.h"

namespace {

using namespace bulkhead;

std::unique_ptr<virtio::VirtioDevice> make_device(std::uint8_t choice, test::GuestArena& arena,
                                                  EventLoop& loop, block::DiskThrottles& throttles,
                                                  vsock::StreamHost& streams) {
    switch (choice % 6) {
        case 0:
            return std::make_unique<rng::RngDevice>(loop);
        case 1:
            return std::make_unique<balloon::BalloonDevice>(arena.memory(), loop);
        case 2:
        case 3:
            return std::make_unique<block::BlockDevice>(
                loop, std::make_unique<test::FakeDisk>(64 * 512, choice % 6 == 3), "fuzz",
                throttles);
        case 4:
            return std::make_unique<test::FakeDevice>();
        default:
            return std::make_unique<vsock::VsockDevice>(loop, streams);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    log::configure("fuzz", log::Level::Error);
    test::GuestArena arena;
    EventLoop loop;
    test::FakeStreamHost streams;
    block::DiskThrottles throttles(loop);
    // A script that is long enough meets the limit, too.
    throttles.set({.read = {.bytes = 0, .operations = 200}, .write = {}});
    const auto device = make_device(data[0], arena, loop, throttles, streams);
    test::run_device_script(arena, loop, *device, std::as_bytes(std::span(data, size).subspan(1)));
    return 0;
}
