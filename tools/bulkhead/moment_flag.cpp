#include "tools/bulkhead/moment_flag.h"

#include "base/realtime.h"
#include "base/text.h"
#include "host/logs/log_time.h"

namespace bulkhead::cli {

Result<std::optional<std::int64_t>> parse_moment_flag(std::string_view flag,
                                                      const std::string& text) {
    if (text.empty()) return std::optional<std::int64_t>();
    const auto parsed = logs::parse_moment(text, realtime_ns());
    if (!parsed) {
        return Error(concat("invalid value for --", flag, ": \"", text,
                            "\", want a time as 2026-11-25T04:07:00Z, or how long ago as 10m"));
    }
    return parsed;
}

}  // namespace bulkhead::cli
