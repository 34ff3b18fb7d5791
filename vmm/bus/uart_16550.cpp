#include "vmm/bus/uart_16550.h"

#include <utility>

namespace bulkhead::bus {

namespace {

// Register offsets; 0 and 1 are the divisor's bytes while kDivisorAccess is set.
constexpr std::uint64_t kData = 0;
constexpr std::uint64_t kInterruptEnable = 1;
constexpr std::uint64_t kInterruptIdentification = 2;  // read
constexpr std::uint64_t kFifoControl = 2;              // write
constexpr std::uint64_t kLineControl = 3;
constexpr std::uint64_t kModemControl = 4;
constexpr std::uint64_t kLineStatus = 5;
constexpr std::uint64_t kModemStatus = 6;
constexpr std::uint64_t kScratch = 7;

constexpr std::uint8_t kEnableReceived = 0x01;
constexpr std::uint8_t kEnableTransmitterEmpty = 0x02;
constexpr std::uint8_t kInterruptEnableBits = 0x0f;

constexpr std::uint8_t kNoInterrupt = 0x01;
constexpr std::uint8_t kCauseTransmitterEmpty = 0x02;
constexpr std::uint8_t kCauseReceived = 0x04;
constexpr std::uint8_t kFifosEnabled = 0xc0;

constexpr std::uint8_t kFifoEnable = 0x01;
constexpr std::uint8_t kDivisorAccess = 0x80;
constexpr std::uint8_t kModemControlBits = 0x1f;
constexpr std::uint8_t kLoopback = 0x10;

constexpr std::uint8_t kDataReady = 0x01;
constexpr std::uint8_t kTransmitterEmpty = 0x60;  // holding register and shift register

// Modem status, high half: a peer that is always there.
constexpr std::uint8_t kPeerPresent = 0xb0;  // carrier detect, data set ready, clear to send

}  // namespace

void Uart16550::read(std::uint64_t offset, std::span<std::byte> data) {
    const std::scoped_lock lock(mutex_);
    // A wide access reads the registers one after another, as an 8-bit device on the bus does.
    for (std::byte& byte : data) byte = std::byte{read_register(offset++)};
}

void Uart16550::write(std::uint64_t offset, std::span<const std::byte> data) {
    const std::scoped_lock lock(mutex_);
    for (const std::byte byte : data) write_register(offset++, std::to_integer<std::uint8_t>(byte));
}

Uart16550::State Uart16550::state() {
    const std::scoped_lock lock(mutex_);
    return state_;
}

// A transmitter that became empty while it was saved has said so in the interrupt controller's
// state, or says it now once more, which the driver does not mind.
void Uart16550::restore(const State& state) {
    const std::scoped_lock lock(mutex_);
    state_ = state;
    if (state_.transmitter_empty_pending &&
        (state_.interrupt_enable & kEnableTransmitterEmpty) != 0)
        outputs_.raise();
}

std::uint8_t Uart16550::read_register(std::uint64_t offset) {
    switch (offset) {
        case kData:
            if (divisor_access()) return static_cast<std::uint8_t>(state_.divisor & 0xff);
            return std::exchange(state_.received, std::nullopt).value_or(0);
        case kInterruptEnable:
            return divisor_access() ? static_cast<std::uint8_t>(state_.divisor >> 8)
                                    : state_.interrupt_enable;
        case kInterruptIdentification:
            return identify_interrupt();
        case kLineControl:
            return state_.line_control;
        case kModemControl:
            return state_.modem_control;
        case kLineStatus:
            return static_cast<std::uint8_t>(kTransmitterEmpty |
                                             (state_.received ? kDataReady : 0));
        case kModemStatus:
            return modem_status();
        case kScratch:
            return state_.scratch;
        default:
            return 0xff;
    }
}

void Uart16550::write_register(std::uint64_t offset, std::uint8_t value) {
    switch (offset) {
        case kData:
            if (divisor_access()) {
                state_.divisor = static_cast<std::uint16_t>((state_.divisor & 0xff00) | value);
            } else {
                send(value);
            }
            break;
        case kInterruptEnable:
            if (divisor_access()) {
                state_.divisor =
                    static_cast<std::uint16_t>((state_.divisor & 0x00ff) | (value << 8));
            } else {
                set_interrupt_enable(value);
            }
            break;
        case kFifoControl:
            state_.fifo_enabled = (value & kFifoEnable) != 0;
            break;
        case kLineControl:
            state_.line_control = value;
            break;
        case kModemControl:
            state_.modem_control = value & kModemControlBits;
            break;
        case kScratch:
            state_.scratch = value;
            break;
        default:  // the status registers are read-only
            break;
    }
}

void Uart16550::send(std::uint8_t value) {
    if (loopback()) {
        state_.received = value;
        if ((state_.interrupt_enable & kEnableReceived) != 0) outputs_.raise();
        return;
    }
    outputs_.sink(std::byte{value});
    // The byte has left already: the transmitter went from full to empty.
    state_.transmitter_empty_pending = true;
    if ((state_.interrupt_enable & kEnableTransmitterEmpty) != 0) outputs_.raise();
}

void Uart16550::set_interrupt_enable(std::uint8_t value) {
    const bool was_enabled = (state_.interrupt_enable & kEnableTransmitterEmpty) != 0;
    state_.interrupt_enable = value & kInterruptEnableBits;
    const bool is_enabled = (state_.interrupt_enable & kEnableTransmitterEmpty) != 0;
    // Enabling the interrupt while the transmitter is empty raises it at once; the driver starts
    // each transmission this way.
    if (is_enabled && !was_enabled) {
        state_.transmitter_empty_pending = true;
        outputs_.raise();
    }
}

std::uint8_t Uart16550::identify_interrupt() {
    const std::uint8_t fifos = state_.fifo_enabled ? kFifosEnabled : 0;
    if (state_.received && (state_.interrupt_enable & kEnableReceived) != 0)
        return fifos | kCauseReceived;
    if (state_.transmitter_empty_pending &&
        (state_.interrupt_enable & kEnableTransmitterEmpty) != 0) {
        state_.transmitter_empty_pending = false;  // reading the cause acknowledges it
        return fifos | kCauseTransmitterEmpty;
    }
    return fifos | kNoInterrupt;
}

std::uint8_t Uart16550::modem_status() const {
    if (!loopback()) return kPeerPresent;
    // In loop-back the outputs RTS, DTR, OUT1, OUT2 come back as CTS, DSR, RI, DCD.
    const auto out = static_cast<std::uint8_t>(state_.modem_control & 0x0f);
    const int swapped = ((out & 0x02) << 3) | ((out & 0x01) << 5) | ((out & 0x0c) << 4);
    return static_cast<std::uint8_t>(swapped);
}

bool Uart16550::divisor_access() const {
    return (state_.line_control & kDivisorAccess) != 0;
}

bool Uart16550::loopback() const {
    return (state_.modem_control & kLoopback) != 0;
}

}  // namespace bulkhead::bus
