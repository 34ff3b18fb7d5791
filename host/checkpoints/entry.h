// What is written down beside a checkpoint's files: checkpoint.json. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/templates/key.h"

namespace bulkhead::checkpoints {

inline constexpr const char* kEntryFile = "checkpoint.json";
inline constexpr const char* kStateFile = "state";
inline constexpr const char* kMemoryFile = "memory";
inline constexpr const char* kDiskFile = "disk";
inline constexpr std::size_t kMostEntryBytes = 256 * 1024;

struct Entry {
    templates::Key key;        // what the machine needs to be the same
    std::uint32_t disks = 0;   // slots of the machine, of which some may be empty
    std::string container_id;  // whose it was
    std::string container_name;
    std::string image;  // as the container's user named it
    std::string image_id;
    std::uint64_t state_bytes = 0;
    std::uint64_t memory_file_bytes = 0;
    std::uint64_t disk_file_bytes = 0;  // 0: it has no writable disk
    std::int64_t created_at = 0;        // seconds since 1970
};

std::string to_text(const Entry& entry);
// What is not as a checkpoint's can be is an error, sizes included.
Result<Entry> parse_entry(std::string_view text);

}  // namespace bulkhead::checkpoints
