// Times as docker's logs have them. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bulkhead::logs {

// "2026-11-25T04:07:00.123456789Z": RFC 3339 in UTC, with nine digits.
std::string format_time(std::int64_t nanoseconds);

// RFC 3339, in UTC or with an offset, with a fraction or without. Nanoseconds since 1970.
std::optional<std::int64_t> parse_time(std::string_view text);

// docker's --since and --until: RFC 3339, "2006-01-02", "2006-01-02T15:04:05" (both in our
// local time), seconds since 1970 with a fraction, or how long ago it was ("90s", "1h30m").
std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now);

}  // namespace bulkhead::logs
