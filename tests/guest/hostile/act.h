// What the hostile guest does, one act for each boot: the kernel's argument act=NAME chooses it.
// Acts print `outcome: ` and what came of it; main.cpp halts after them, if they return.
#pragma once

#include <span>

#include "tests/guest/hostile/virtio.h"

namespace hostile {

struct Act {
    const char* name = "";
    void (*run)(std::uint64_t seed) = nullptr;
};

std::span<const Act> register_acts();
std::span<const Act> ring_acts();
std::span<const Act> chain_acts();
std::span<const Act> block_acts();
std::span<const Act> vsock_acts();
std::span<const Act> balloon_acts();
std::span<const Act> port_acts();
std::span<const Act> processor_acts();

// "BROKEN: ..." is a flaw of the monitor's.
void print_outcome(const char* text);

// One word for all devices if they agree, else a word for each.
class Verdicts {
  public:
    // Texts must live as long as this.
    void add(const Device& device, const char* text);
    void print() const;

  private:
    static constexpr unsigned kMost = 64;

    struct Verdict {
        const char* device = "";
        const char* text = "";
    };

    Verdict verdicts_[kMost]{};
    unsigned count_ = 0;
};

// "needs reset, then works", "not noticed" and so on: for a device to which something was done that
// it must not accept.
const char* verdict_of_broken(const Device& device);
// For one that may go on: "works after a reset".
const char* verdict_of_any(const Device& device);

}  // namespace hostile
