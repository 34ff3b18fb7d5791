// docker's --ulimit: "name=soft[:hard]", -1 for unlimited. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

struct Ulimit {
    static constexpr std::uint64_t kUnlimited = UINT64_MAX;  // RLIM_INFINITY

    std::string type;  // "RLIMIT_NOFILE"
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
};

Result<Ulimit> parse_ulimit(std::string_view text);

}  // namespace bulkhead::runtime
