// What a thread of the VMM is there for, which decides what it may ask of the host's kernel.
#pragma once

#include <array>
#include <functional>
#include <string_view>

namespace bulkhead::lockdown {

enum class Role : unsigned {
    Start,  // the first thread, from lock-down until the vCPUs run
    Loop,   // the same thread afterwards: all devices
    Vcpu,   // runs one vCPU
    Disk,   // disk work that may block
};

inline constexpr std::array kAllRoles{Role::Start, Role::Loop, Role::Vcpu, Role::Disk};

constexpr std::string_view role_name(Role role) {
    constexpr std::array<std::string_view, kAllRoles.size()> kNames{"start", "loop", "vcpu",
                                                                    "disk"};
    return kNames[static_cast<unsigned>(role)];
}

// What a thread calls when it begins to be one of these. Empty where nothing is locked down: in
// tests of parts inside a test's own process.
using EnterRole = std::function<void(Role)>;

}  // namespace bulkhead::lockdown
