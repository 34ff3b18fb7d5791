// One line of the list of system calls that the VMM may make (rules.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/seccomp_filter.h"
#include "vmm/lockdown/role.h"

namespace bulkhead::lockdown {

// A set of roles.
using Roles = unsigned;

constexpr Roles roles_of(Role role) {
    return 1U << static_cast<unsigned>(role);
}

using seccomp::Condition;
using seccomp::is;
using seccomp::is_exactly;
using seccomp::kOwnProcess;

struct Rule {
    int number = 0;
    std::string_view name;
    Roles roles = 0;
    std::string_view only;  // the conditions in words; empty: there is none
    std::array<Condition, 2> conditions{};
    std::string_view reason;
    int error = 0;  // as in seccomp::Rule
};

}  // namespace bulkhead::lockdown
