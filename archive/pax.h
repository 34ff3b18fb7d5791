// The records of pax extended headers (POSIX.1-2017 pax, "pax Extended Header"): what a plain
// header has no room for. Bytes are kept as they are, whatever their encoding. Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "archive/entry.h"
#include "base/result.h"

namespace bulkhead::archive {

using PaxRecords = std::map<std::string, std::string, std::less<>>;

// "30 mtime=1350244992.023960108\n" for each.
std::string format_pax(const PaxRecords& records);

// Adds the records of `text`; later ones replace earlier ones. An empty value takes a record away.
Result<void> parse_pax(std::string_view text, PaxRecords& records);

// What a header cannot say about this entry.
PaxRecords pax_of(const Entry& entry);

// Puts what the records say over what the header said.
Result<void> apply_pax(const PaxRecords& records, Entry& entry);

inline constexpr std::string_view kSparseMajor = "GNU.sparse.major";
inline constexpr std::string_view kSparseMinor = "GNU.sparse.minor";
inline constexpr std::string_view kSparseName = "GNU.sparse.name";
inline constexpr std::string_view kSparseSize = "GNU.sparse.realsize";

// "1350244992.023960108"
std::string format_time(std::int64_t seconds, std::uint32_t nanoseconds);

Result<std::uint64_t> parse_natural(std::string_view text);

}  // namespace bulkhead::archive
