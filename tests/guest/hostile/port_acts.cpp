// Ports and addresses, answered or not, at every width.
#include "tests/guest/hostile/act.h"

namespace hostile {

namespace {

constexpr std::uint16_t kConsole = 0x3f8;

bool is_device(std::uint32_t port) {
    // The PC's own parts are KVM's; the console and the reset line would end or fill the test.
    return (port >= kConsole && port < kConsole + 8) || (port >= 0x60 && port < 0x65);
}

// Every 13th port, but those of devices. What the processor's own parts answer does not matter.
void every_port(std::uint64_t /*seed*/) {
    for (std::uint32_t port = 0; port < 0x10000; port += 13) {
        if (is_device(port) || is_device(port + 3)) continue;
        const auto number = static_cast<std::uint16_t>(port);
        static_cast<void>(in<std::uint8_t>(number));
        static_cast<void>(in<std::uint16_t>(number));
        static_cast<void>(in<std::uint32_t>(number));
        if (number < 0x1000) continue;
        out<std::uint8_t>(number, 0xff);
        out<std::uint16_t>(number, 0xffff);
        out<std::uint32_t>(number, 0xffff'ffff);
    }
    print_outcome(in<std::uint32_t>(0x9999) == 0xffff'ffff ? "reads as ones"
                                                           : "BROKEN: reads as something");
}

void across_the_console(std::uint64_t /*seed*/) {
    for (std::uint16_t port = kConsole - 3; port < kConsole + 11; ++port) {
        static_cast<void>(in<std::uint16_t>(port));
        static_cast<void>(in<std::uint32_t>(port));
        if (port >= kConsole + 1) out<std::uint16_t>(port, 0);
    }
    for (const std::uint16_t port :
         {std::uint16_t{0x60}, std::uint16_t{0x62}, std::uint16_t{0x64}}) {
        static_cast<void>(in<std::uint8_t>(port));
        static_cast<void>(in<std::uint16_t>(port));
        static_cast<void>(in<std::uint32_t>(port));
    }
    print_outcome("nothing happens");
}

// Interrupts that nobody takes, loop-back, wide writes: everything but the reset line.
void console_registers(std::uint64_t seed) {
    Random random(seed);
    for (unsigned i = 0; i < 2000; ++i) {
        const auto port = static_cast<std::uint16_t>(kConsole + 1 + random.below(7));
        const auto value = static_cast<std::uint8_t>(random.nasty());
        if (random.below(2) == 0) {
            out<std::uint8_t>(port, value);
        } else {
            static_cast<void>(in<std::uint8_t>(port));
        }
    }
    for (std::uint16_t port = kConsole + 1; port < kConsole + 5; ++port) out<std::uint8_t>(port, 0);
    print("\n");
    print_outcome("prints as before");
}

// A string instruction hands over up to a page of bytes at once.
void console_flood(std::uint64_t /*seed*/) {
    for (unsigned i = 0; i < 40; ++i) {
        const void* from = reinterpret_cast<const void*>(scratch(0));
        std::uint64_t count = 4096;
        asm volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(kConsole) : "memory");
    }
    linger(20'000);  // what comes too fast is dropped
    print("\n");
    print_outcome("prints as before");
}

void every_address(std::uint64_t /*seed*/) {
    bool ones = true;
    for (const std::uint64_t place :
         {0xc000'0000ULL, 0xcfff'fff0ULL, 0xd001'3000ULL, 0xdead'0000ULL, 0xfebf'fff0ULL,
          0xfee0'1000ULL, 0xffff'0000ULL}) {
        for (std::uint64_t address = place; address < place + 8; ++address) {
            ones = ones && load<std::uint8_t>(address) == 0xff;
            static_cast<void>(load<std::uint16_t>(address));
            static_cast<void>(load<std::uint32_t>(address));
            static_cast<void>(load<std::uint64_t>(address));
            store<std::uint8_t>(address, 0xff);
            store<std::uint16_t>(address, 0xffff);
            store<std::uint32_t>(address, 0xffff'ffff);
            store<std::uint64_t>(address, ~std::uint64_t{0});
        }
    }
    print_outcome(ones ? "reads as ones" : "BROKEN: reads as something");
}

void copy_between_devices(std::uint64_t /*seed*/) {
    // From one device's registers to another's, which takes two exits for each word.
    void* to = reinterpret_cast<void*>(0xd000'1000ULL);
    const void* from = reinterpret_cast<const void*>(0xd000'0000ULL);
    std::uint64_t count = 64;
    asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    print_outcome("nothing happens");
}

constexpr Act kActs[] = {
    {"every-port", every_port},
    {"ports-across-the-console", across_the_console},
    {"console-registers", console_registers},
    {"console-flood", console_flood},
    {"every-address", every_address},
    {"copy-from-device-to-device", copy_between_devices},
};

}  // namespace

std::span<const Act> port_acts() {
    return kActs;
}

}  // namespace hostile
