// Sizes and CPU counts as docker writes them: "512m", "1.5g", "0.5". Pure functions; errors are
// docker's words. Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

// Bytes, with the binary units of docker's RAMInBytes: "1024", "512k", "1.5 GiB", "2GB" (= GiB).
Result<std::uint64_t> parse_bytes(std::string_view text);

// A thousand-millionth of one CPU, docker's unit.
struct NanoCpus {
    std::uint64_t value = 0;

    static constexpr std::uint64_t kOneCpu = 1'000'000'000;

    // vCPUs that it takes to offer this much.
    [[nodiscard]] std::uint32_t whole_cpus() const;
};

// A decimal number of CPUs above zero, with at most nine decimals.
Result<NanoCpus> parse_cpus(std::string_view text);

}  // namespace bulkhead::runtime
