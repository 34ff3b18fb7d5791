// Guests of a few machine instructions, entered in 32-bit protected mode without paging, for what a
// Linux guest does not do.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "base/unique_fd.h"

namespace bulkhead::test {

// A kernel file with this code.
UniqueFd raw_guest(std::initializer_list<std::uint8_t> code);

}  // namespace bulkhead::test
