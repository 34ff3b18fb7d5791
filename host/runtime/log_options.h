// docker's --log-driver and --log-opt, for the one driver that there is, json-file. Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace bulkhead::runtime {

struct LogOptions {
    std::uint64_t file_bytes = 0;  // 0: the default
    std::uint32_t files = 0;       // 0: the default
};

Result<void> check_log_driver(std::string_view name);

// "max-size=10m" or "max-file=3".
Result<void> set_log_option(std::string_view text, LogOptions& options);

}  // namespace bulkhead::runtime
