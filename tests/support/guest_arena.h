// GuestArena: guest memory for tests, with an allocator, as a driver's kernel would have one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vmm/memory/guest_memory.h"

namespace bulkhead::test {

class GuestArena {
  public:
    // RAM from 0, and again from kHighStart, so that a hole lies between.
    static constexpr std::uint64_t kLowBytes = 8 << 20;
    static constexpr std::uint64_t kHighStart = std::uint64_t{1} << 32;
    static constexpr std::uint64_t kHighBytes = 1 << 20;

    GuestArena();

    [[nodiscard]] const memory::GuestMemory& memory() const { return memory_; }

    // Zeroed when first given. Wraps around at the end of low RAM: a test never holds that much.
    memory::GuestAddress allocate(std::uint64_t bytes, std::uint64_t alignment = 16);

    [[nodiscard]] std::vector<std::byte> bytes(memory::GuestAddress address,
                                               std::uint64_t length) const;

  private:
    memory::GuestMemory memory_;
    std::uint64_t next_ = 0x1000;
};

}  // namespace bulkhead::test
