#include <array>
#include <string>

#include <catch2/catch.hpp>

#include "vmm/bus/uart_16550.h"

namespace bulkhead::bus {
namespace {

// Register offsets, by the data sheet's names.
enum Register : std::uint64_t {
    THR = 0,
    RBR = 0,
    IER = 1,
    IIR = 2,
    FCR = 2,
    LCR = 3,
    MCR = 4,
    LSR = 5,
    MSR = 6,
    SCR = 7
};

struct Port {
    std::string sent;
    int raised = 0;
    Uart16550 uart{{.sink = [this](std::byte byte) { sent.push_back(std::to_integer<char>(byte)); },
                    .raise = [this] { ++raised; }}};

    void write(Register at, unsigned value) { uart.write(at, std::array{std::byte(value)}); }

    unsigned read(Register at) {
        std::array<std::byte, 1> data{};
        uart.read(at, data);
        return std::to_integer<unsigned>(data[0]);
    }
};

TEST_CASE("bytes go out as they are written, and the transmitter is always empty") {
    Port port;
    for (const char c : std::string("hello\n")) port.write(THR, static_cast<unsigned char>(c));
    CHECK(port.sent == "hello\n");
    CHECK(port.read(LSR) == 0x60);
    CHECK(port.raised == 0);
}

TEST_CASE("enabling the transmitter interrupt raises it; reading the cause clears it") {
    Port port;
    CHECK(port.read(IIR) == 0x01);
    port.write(IER, 0x02);
    CHECK(port.raised == 1);
    CHECK(port.read(IIR) == 0x02);
    CHECK(port.read(IIR) == 0x01);
}

TEST_CASE("each byte sent with the transmitter interrupt enabled raises it again") {
    Port port;
    port.write(IER, 0x02);
    static_cast<void>(port.read(IIR));
    port.write(THR, 'a');
    CHECK(port.raised == 2);
    CHECK(port.read(IIR) == 0x02);
    CHECK(port.read(IIR) == 0x01);
}

// What serial8250_do_startup() does to find chips that forget the interrupt.
TEST_CASE("toggling the transmitter interrupt raises it each time") {
    Port port;
    port.write(IER, 0x02);
    CHECK((port.read(IIR) & 0x01) == 0);
    port.write(IER, 0x00);
    port.write(IER, 0x02);
    CHECK((port.read(IIR) & 0x01) == 0);
    CHECK(port.raised == 2);
}

TEST_CASE("a masked transmitter interrupt is neither raised nor reported") {
    Port port;
    port.write(THR, 'a');
    CHECK(port.raised == 0);
    CHECK(port.read(IIR) == 0x01);
}

// What autoconfig() does to see whether there is a port at all.
TEST_CASE("the presence tests of Linux's driver pass") {
    Port port;
    port.write(IER, 0xff);
    CHECK((port.read(IER) & 0x0f) == 0x0f);
    port.write(IER, 0);
    CHECK(port.read(IER) == 0);
    port.write(MCR, 0x10 | 0x0a);  // loop-back, OUT2, RTS
    CHECK((port.read(MSR) & 0xf0) == 0x90);
    port.write(MCR, 0x10 | 0x05);  // loop-back, OUT1, DTR
    CHECK((port.read(MSR) & 0xf0) == 0x60);
    port.write(SCR, 0xa5);
    CHECK(port.read(SCR) == 0xa5);
}

TEST_CASE("FIFOs are reported when they are enabled, as a 16550A does") {
    Port port;
    port.write(FCR, 0x01);
    CHECK((port.read(IIR) & 0xc0) == 0xc0);
    port.write(FCR, 0x00);
    CHECK((port.read(IIR) & 0xc0) == 0x00);
}

TEST_CASE("the divisor hides data and interrupt enable, and sends nothing") {
    Port port;
    port.write(IER, 0x05);
    port.write(LCR, 0x83);
    port.write(THR, 0x01);
    port.write(IER, 0x02);
    CHECK(port.read(RBR) == 0x01);
    CHECK(port.read(IER) == 0x02);
    port.write(LCR, 0x03);
    CHECK(port.read(IER) == 0x05);
    CHECK(port.sent.empty());
    CHECK(port.read(LCR) == 0x03);
}

TEST_CASE("in loop-back a byte comes back and does not go out") {
    Port port;
    port.write(MCR, 0x10);
    port.write(IER, 0x01);
    port.write(THR, 'x');
    CHECK(port.sent.empty());
    CHECK(port.raised == 1);
    CHECK((port.read(LSR) & 0x01) == 1);
    CHECK(port.read(IIR) == 0x04);
    CHECK(port.read(RBR) == 'x');
    CHECK((port.read(LSR) & 0x01) == 0);
    CHECK(port.read(RBR) == 0);
}

TEST_CASE("a wide access touches the registers one after another and stays in bounds") {
    Port port;
    port.uart.write(SCR,
                    std::array{std::byte{0x11}, std::byte{0x22}, std::byte{0x33}, std::byte{0x44}});
    std::array<std::byte, 4> data{};
    port.uart.read(SCR, data);
    CHECK(data[0] == std::byte{0x11});
    CHECK(data[1] == std::byte{0xff});
    CHECK(data[3] == std::byte{0xff});
}

}  // namespace
}  // namespace bulkhead::bus
