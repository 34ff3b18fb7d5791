// Uart16550: the PC's serial port, output only, with the registers that Linux's 8250 driver and its
// early console use: FIFO control, interrupt identification, loop-back (for the driver's presence
// test) and the transmitter-empty interrupt. National Semiconductor PC16550D data sheet §8.
//
// A byte is sent the moment it is written, so the transmitter is always empty. Nothing is ever
// received, except what the guest sends to itself in loop-back.
//
// Thread: any, internally locked; `sink` and `raise` are called with the lock held and must not
// call back.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "vmm/bus/bus.h"

namespace bulkhead::bus {

class Uart16550 final : public BusDevice {
  public:
    static constexpr std::uint64_t kRegisters = 8;

    struct Outputs {
        std::function<void(std::byte)> sink;  // takes each byte that the guest sends
        std::function<void()> raise;          // pulses the interrupt line (edge-triggered)
    };

    // What the driver can see, for a snapshot.
    struct State {
        std::uint8_t interrupt_enable = 0;
        std::uint8_t line_control = 0;
        std::uint8_t modem_control = 0;
        std::uint8_t scratch = 0;
        // 9600 baud; kept for the guest to read back, otherwise unused
        std::uint16_t divisor = 12;
        bool fifo_enabled = false;
        bool transmitter_empty_pending = false;
        std::optional<std::uint8_t> received;  // in loop-back only

        friend bool operator==(const State&, const State&) = default;
    };

    [[nodiscard]] State state();
    // Any values are possible ones.
    void restore(const State& state);

    explicit Uart16550(Outputs outputs) : outputs_(std::move(outputs)) {}

    void read(std::uint64_t offset, std::span<std::byte> data) override;
    void write(std::uint64_t offset, std::span<const std::byte> data) override;

  private:
    [[nodiscard]] std::uint8_t read_register(std::uint64_t offset);
    void write_register(std::uint64_t offset, std::uint8_t value);
    void send(std::uint8_t value);
    void set_interrupt_enable(std::uint8_t value);
    [[nodiscard]] std::uint8_t identify_interrupt();
    [[nodiscard]] std::uint8_t modem_status() const;

    [[nodiscard]] bool divisor_access() const;
    [[nodiscard]] bool loopback() const;

    Outputs outputs_;
    std::mutex mutex_;  // guards everything below
    State state_;
};

}  // namespace bulkhead::bus
