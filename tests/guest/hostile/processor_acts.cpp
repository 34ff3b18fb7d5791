// Ways for a processor to stop, or never to.
#include "tests/guest/hostile/act.h"

namespace hostile {

namespace {

constexpr std::uint64_t kLocalApic = 0xfee0'0000;
constexpr std::uint64_t kIoApic = 0xfec0'0000;

void halt_for_ever(std::uint64_t /*seed*/) {
    halt();
}

void loop_for_ever(std::uint64_t /*seed*/) {
    while (true) asm volatile("cli");
}

void triple_fault(std::uint64_t /*seed*/) {
    // There is no table of interrupts.
    asm volatile("ud2");
}

void run_registers(std::uint64_t /*seed*/) {
    asm volatile("jmp *%0" : : "r"(0xd000'0000ULL));
}

void run_nothing(std::uint64_t /*seed*/) {
    asm volatile("jmp *%0" : : "r"(0xc100'0000ULL));
}

void reset_line(std::uint64_t /*seed*/) {
    while (true) out<std::uint8_t>(0x64, 0xfe);
}

void wide_reset_line(std::uint64_t /*seed*/) {
    // One access across the end of the device: not its command port.
    out<std::uint16_t>(0x64, 0xfefe);
    out<std::uint32_t>(0x61, 0xfefe'fefe);
    print_outcome("nothing happens");
}

// Interrupts of every kind for processors that there are not.
void interrupt_controllers(std::uint64_t seed) {
    Random random(seed);
    for (unsigned i = 0; i < 400; ++i) {
        const std::uint64_t offset = random.below(64) * 16;
        // Not the register that sends, and not those that would reset this processor.
        if (offset != 0x300 && offset != 0x310)
            store(kLocalApic + offset, static_cast<std::uint32_t>(random.nasty()));
        store(kIoApic, static_cast<std::uint32_t>(random.below(64)));
        store(kIoApic + 0x10, static_cast<std::uint32_t>(random.nasty()) | 1U << 16);  // masked
    }
    for (std::uint32_t processor = 1; processor < 255; ++processor) {
        store<std::uint32_t>(kLocalApic + 0x310, processor << 24);
        for (const std::uint32_t kind : {0x000U, 0x200U, 0x400U, 0x500U, 0x600U})
            store<std::uint32_t>(kLocalApic + 0x300, kind | 0x40U);
    }
    print_outcome("nothing happens");
}

// INIT to itself: this processor starts anew where a PC has its firmware, and there is none.
void init_itself(std::uint64_t /*seed*/) {
    store<std::uint32_t>(kLocalApic + 0xf0, 0x1ff);  // on
    store<std::uint32_t>(kLocalApic + 0x310, 0);
    store<std::uint32_t>(kLocalApic + 0x300, 0x4500);
    while (true) asm volatile("pause");
}

void words_of_a_panic(std::uint64_t /*seed*/) {
    for (unsigned i = 0; i < 100; ++i) print("Kernel panic - not syncing: \x1b[2J\x07 not true");
    print("\n");
    out<std::uint8_t>(0x64, 0xfe);
    halt();
}

constexpr Act kActs[] = {
    {"halt-with-interrupts-off", halt_for_ever},
    {"loop-with-interrupts-off", loop_for_ever},
    {"triple-fault", triple_fault},
    {"run-device-registers", run_registers},
    {"run-where-nothing-is", run_nothing},
    {"reset-line-without-end", reset_line},
    {"reset-line-too-wide", wide_reset_line},
    {"interrupt-controllers", interrupt_controllers},
    {"init-to-itself", init_itself},
    {"words-of-a-panic", words_of_a_panic},
};

}  // namespace

std::span<const Act> processor_acts() {
    return kActs;
}

}  // namespace hostile
