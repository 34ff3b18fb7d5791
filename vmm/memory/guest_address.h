// GuestAddress: a guest-physical address that cannot be mixed up with a size or a host pointer.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "base/checked.h"

namespace bulkhead::memory {

enum class GuestAddress : std::uint64_t {};

[[nodiscard]] constexpr std::uint64_t raw(GuestAddress address) {
    return static_cast<std::uint64_t>(address);
}

// Nothing when the sum does not fit in 64 bits.
[[nodiscard]] constexpr std::optional<GuestAddress> checked_add(GuestAddress address,
                                                                std::uint64_t offset) {
    const auto sum = bulkhead::checked_add(raw(address), offset);
    if (!sum) return std::nullopt;
    return GuestAddress{*sum};
}

}  // namespace bulkhead::memory
