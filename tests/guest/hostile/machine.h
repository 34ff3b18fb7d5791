// The hostile guest's machine: ports, memory-mapped registers, the console, and the kernel command
// line. No library, no interrupts, no other thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hostile {

// The tests start it with this much memory (tests/integration/hostile).
inline constexpr std::uint64_t kRamBytes = 48ULL << 20;
// Memory that nothing else uses, up to the end.
inline constexpr std::uint64_t kScratch = 24ULL << 20;
inline constexpr std::uint64_t kScratchBytes = kRamBytes - kScratch;

template <class T>
T in(std::uint16_t port) {
    T value{};
    asm volatile("in %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

template <class T>
void out(std::uint16_t port, T value) {
    asm volatile("out %0, %1" : : "a"(value), "Nd"(port));
}

// A pointer to guest-physical memory: the first 4 GiB are mapped one to one.
template <class T>
volatile T* at(std::uint64_t address) {
    return reinterpret_cast<volatile T*>(address);
}

template <class T>
T load(std::uint64_t address) {
    return *at<T>(address);
}

template <class T>
void store(std::uint64_t address, T value) {
    *at<T>(address) = value;
}

void print(const char* text);
void print_number(std::uint64_t value);

// For ever, with interrupts off.
[[noreturn]] void halt();

// Time for the monitor's loop: this many register reads of no consequence.
void linger(unsigned reads);

// The kernel's command line, from what the monitor passes to the entry point.
const char* command_line(std::uint32_t boot_data);
// The value of `name=value` in it, ended by a space; or null.
const char* argument(const char* line, const char* name);
bool same_word(const char* word, const char* name);
std::uint64_t number(const char* text);

// xorshift64*: the same numbers for the same seed.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e37'79b9'7f4a'7c15 + 1) {}

    std::uint64_t next();

    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

    // Numbers at which programs break more often than at others.
    std::uint64_t nasty();

  private:
    std::uint64_t state_;
};

}  // namespace hostile
