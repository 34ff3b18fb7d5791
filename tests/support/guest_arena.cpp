#include "tests/support/guest_arena.h"

#include <array>

#include "base/check.h"

namespace bulkhead::test {

using memory::GuestAddress;
using memory::GuestMemory;

namespace {

GuestMemory map_arena() {
    const std::array<GuestMemory::Range, 2> ranges{{
        {.start = GuestAddress{0}, .size = GuestArena::kLowBytes},
        {.start = GuestAddress{GuestArena::kHighStart}, .size = GuestArena::kHighBytes},
    }};
    auto memory = GuestMemory::create(ranges);
    BULKHEAD_CHECK(memory.ok());
    return std::move(memory).value();
}

}  // namespace

GuestArena::GuestArena() : memory_(map_arena()) {}

GuestAddress GuestArena::allocate(std::uint64_t bytes, std::uint64_t alignment) {
    BULKHEAD_CHECK(bytes <= kLowBytes / 4);
    next_ = align_up(next_, alignment).value_or(0);
    // The first quarter is for what is set up once: rings.
    if (next_ + bytes > kLowBytes) next_ = kLowBytes / 4;
    const GuestAddress address{next_};
    next_ += bytes;
    return address;
}

std::vector<std::byte> GuestArena::bytes(GuestAddress address, std::uint64_t length) const {
    std::vector<std::byte> copy(length);
    const auto slice = memory_.slice(address, length);
    BULKHEAD_CHECK(slice.has_value());
    slice->copy_to(copy);
    return copy;
}

}  // namespace bulkhead::test
