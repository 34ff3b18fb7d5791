// Any script of ring contents against the rng device behind a real transport
// (tests/support/device_script.h), from a state in which the driver is up.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/log.h"
#include "tests/support/device_script.h"
#include "vmm/rng/rng_device.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead;
    log::configure("fuzz", log::Level::Error);
    test::GuestArena arena;
    EventLoop loop;
    rng::RngDevice device(loop);
    // The full bring-up, declining nothing.
    std::vector<std::byte> script(9);
    script[0] = std::byte{8};
    const auto input = std::as_bytes(std::span(data, size));
    script.insert(script.end(), input.begin(), input.end());
    test::run_device_script(arena, loop, device, script);
    return 0;
}
