// Text that a guest or its monitor sent, made fit for a terminal: bounded, and without anything
// that a terminal would obey. Thread: any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bulkhead::sandbox {

inline constexpr std::size_t kMaxGuestMessage = 2048;

// Control characters, escape sequences and bytes that are not ASCII become "?"; tabs and line ends
// become spaces. What is longer than `limit` is cut and ends in "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = kMaxGuestMessage);

}  // namespace bulkhead::sandbox
