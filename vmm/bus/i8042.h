// I8042: just enough of the PC's keyboard controller for a guest to reset the machine (`reboot=k`).
//
// There is no keyboard. The status says "output buffer full" for ever, with zeros in the buffer:
// Linux's driver, where a kernel has it, then finds no controller within a millisecond instead of
// waiting for answers, and the reset path, which waits only for the input buffer to be empty, goes
// straight ahead.
//
// Thread: any.
#pragma once

#include <functional>

#include "vmm/bus/bus.h"

namespace bulkhead::bus {

class I8042 final : public BusDevice {
  public:
    static constexpr BusRange kPorts{0x60, 5};  // data at 0x60, status and command at 0x64

    // `on_reset` runs on the vCPU's thread each time the guest asks for a reset.
    explicit I8042(std::function<void()> on_reset) : on_reset_(std::move(on_reset)) {}

    void read(std::uint64_t offset, std::span<std::byte> data) override;
    void write(std::uint64_t offset, std::span<const std::byte> data) override;

  private:
    std::function<void()> on_reset_;
};

}  // namespace bulkhead::bus
