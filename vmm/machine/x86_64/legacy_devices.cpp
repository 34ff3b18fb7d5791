#include "vmm/machine/legacy_devices.h"

#include <unistd.h>

#include "base/syscalls.h"
#include "vmm/arch/x86_64/layout.h"
#include "vmm/bus/i8042.h"

namespace bulkhead::machine {

namespace {

void pulse(const UniqueFd& interrupt) {
    const std::uint64_t one = 1;
    // Fails only when the count is at its limit: then the edge is on its way already.
    if (::write(interrupt.get(), &one, sizeof(one)) < 0) return;
}

}  // namespace

Result<void> LegacyDevices::attach(kvm::Vm& vm, GuestIo& io) {
    console_interrupt_ = TRY(make_eventfd());
    TRY(vm.bind_interrupt(console_interrupt_.get(), arch::kConsoleInterrupt));
    uart_ = std::make_unique<bus::Uart16550>(
        bus::Uart16550::Outputs{.sink = [this](std::byte byte) { print(byte); },
                                .raise = [this] { pulse(console_interrupt_); }});
    keyboard_ = std::make_unique<bus::I8042>([this] { request_reset(); });
    TRY(io.ports.add({arch::kConsolePort, bus::Uart16550::kRegisters}, *uart_));
    return io.ports.add(bus::I8042::kPorts, *keyboard_);
}

}  // namespace bulkhead::machine
