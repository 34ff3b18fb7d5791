#include "vmm/bus/i8042.h"

#include <algorithm>

namespace bulkhead::bus {

namespace {

constexpr std::uint64_t kCommandStatus = 4;
constexpr std::byte kOutputBufferFull{0x01};
constexpr std::byte kPulseResetLine{0xfe};

}  // namespace

void I8042::read(std::uint64_t offset, std::span<std::byte> data) {
    std::ranges::fill(data, std::byte{0});
    if (offset == kCommandStatus) data[0] = kOutputBufferFull;
}

void I8042::write(std::uint64_t offset, std::span<const std::byte> data) {
    if (offset == kCommandStatus && data[0] == kPulseResetLine) on_reset_();
}

}  // namespace bulkhead::bus
