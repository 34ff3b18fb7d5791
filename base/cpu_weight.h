// docker's CPU shares as cgroup v2's cpu.weight. Thread: any (pure).
#pragma once

#include <cstdint>

namespace bulkhead {

// The conversion of the OCI runtime spec: [2, 262144] to [1, 10000]; what is outside is bounded.
[[nodiscard]] std::uint64_t cpu_weight_from_shares(std::uint64_t shares);

}  // namespace bulkhead
