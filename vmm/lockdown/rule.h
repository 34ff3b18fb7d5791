// One line of the list of system calls that the VMM may make (rules.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "vmm/lockdown/role.h"

namespace bulkhead::lockdown {

// A set of roles.
using Roles = unsigned;

constexpr Roles roles_of(Role role) {
    return 1U << static_cast<unsigned>(role);
}

// Stands for the process's own id, which is not known before it runs.
inline constexpr std::uint64_t kOwnProcess = ~std::uint64_t{0};

// True when (argument & mask) == value; a mask of 0 is no condition.
struct Condition {
    unsigned argument = 0;  // 0 to 5
    std::uint64_t mask = 0;
    std::uint64_t value = 0;
};

// For arguments that the kernel takes as an int: it does not look at the upper half.
constexpr Condition is(unsigned argument, std::uint64_t value) {
    return {argument, 0xFFFFFFFFU, value};
}

// For arguments that it takes whole.
constexpr Condition is_exactly(unsigned argument, std::uint64_t value) {
    return {argument, ~std::uint64_t{0}, value};
}

struct Rule {
    int number = 0;
    std::string_view name;
    Roles roles = 0;
    std::string_view only;  // the conditions in words; empty: there is none
    std::array<Condition, 2> conditions{};
    std::string_view reason;
    int error = 0;  // not 0: the call is not made, and gives this error number
};

}  // namespace bulkhead::lockdown
