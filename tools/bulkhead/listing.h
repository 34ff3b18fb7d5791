// Columns and human-readable values as docker's lists have them. Thread: any.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::cli {

using Row = std::vector<std::string>;

// Left-aligned columns, three spaces apart and at least `width` wide with them; the first row is
// the heading.
std::string table(const std::vector<Row>& rows, std::size_t width = 0);

// "5 seconds", "About a minute", "3 hours", "2 weeks".
std::string duration_text(std::int64_t seconds);

// "4.27MB": powers of 1000, three digits.
std::string size_text(std::uint64_t bytes);

// Cut to `limit` characters, the last of them "…" if something is missing.
std::string shortened(std::string_view text, std::size_t limit);

// "2026-01-31 12:00:00 +0000 UTC", in the local time zone.
std::string time_text(std::time_t time);

// Seconds since 1970 of an RFC 3339 time in UTC; 0 for anything else.
std::time_t parse_time(const std::string& rfc3339);

}  // namespace bulkhead::cli
