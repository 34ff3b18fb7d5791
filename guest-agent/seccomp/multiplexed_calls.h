// System calls of 32-bit x86 that are also reachable through socketcall(2) or ipc(2). Thread: any
// (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bulkhead::agent {

struct MultiplexedCall {
    std::uint32_t call = 0;      // socketcall's or ipc's number
    std::uint32_t selector = 0;  // its first argument
};

std::optional<MultiplexedCall> find_multiplexed(std::string_view name);

}  // namespace bulkhead::agent
