// What is written down beside a template's two files: key.json. Thread: any.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/templates/key.h"

namespace bulkhead::templates {

inline constexpr const char* kStateFile = "state";
inline constexpr const char* kMemoryFile = "memory";
inline constexpr const char* kDiskFile = "disk";
inline constexpr const char* kEntryFile = "key.json";
inline constexpr std::size_t kMostEntryBytes = 256 * 1024;
// A later time has no nanoseconds.
inline constexpr std::int64_t kLatestSecond =
    std::numeric_limits<std::int64_t>::max() / 1'000'000'000;

struct Entry {
    Key key;
    std::uint64_t state_bytes = 0;
    std::uint64_t memory_file_bytes = 0;
    std::int64_t created_at = 0;  // seconds since 1970
    // Of an image's template.
    std::uint64_t disk_file_bytes = 0;  // the container's writable disk; 0: it has none
    std::uint32_t disks = 0;            // slots of the machine, of which some may be empty
    std::string image;                  // as the first container's user named it
};

std::string to_text(const Entry& entry);
// What is not as a template's can be is an error, sizes included.
Result<Entry> parse_entry(std::string_view text);

}  // namespace bulkhead::templates
