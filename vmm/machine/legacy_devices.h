// LegacyDevices: the console and the reset line, which are no virtio devices. Where they are is the
// architecture's business: attach() is defined in the architecture's folder.
//
// Thread: built on the loop thread; console() and panic_message() there too.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "vmm/bus/console_output.h"
#include "vmm/bus/panic_watch.h"
#include "vmm/bus/uart_16550.h"
#include "vmm/kvm/vm.h"
#include "vmm/machine/guest_io.h"

namespace bulkhead::machine {

class LegacyDevices {
  public:
    // `console` may be empty.
    LegacyDevices(EventLoop& loop, UniqueFd console) : console_(loop, std::move(console)) {}

    LegacyDevices(const LegacyDevices&) = delete;
    LegacyDevices& operator=(const LegacyDevices&) = delete;
    ~LegacyDevices() = default;

    Result<void> attach(kvm::Vm& vm, GuestIo& io);

    // `on_reset` is called once, on a vCPU's thread, when the guest asks for a reset. Before the
    // first vCPU runs.
    void set_reset_handler(std::function<void()> on_reset) { on_reset_ = std::move(on_reset); }

    // A byte that the guest sends to its console. Thread: any.
    void print(std::byte byte);

    // For a snapshot.
    [[nodiscard]] bus::Uart16550::State uart_state() { return uart_->state(); }

    void restore_uart(const bus::Uart16550::State& state) { uart_->restore(state); }

    [[nodiscard]] bus::ConsoleOutput& console() { return console_; }

    // The kernel's panic message, or empty.
    [[nodiscard]] std::string panic_message() const { return panic_.message(); }

  private:
    void request_reset();

    bus::ConsoleOutput console_;
    bus::PanicWatch panic_;
    std::function<void()> on_reset_;
    std::atomic<bool> reset_requested_{false};
    UniqueFd console_interrupt_;
    std::unique_ptr<bus::Uart16550> uart_;
    std::unique_ptr<bus::BusDevice> keyboard_;
};

}  // namespace bulkhead::machine
