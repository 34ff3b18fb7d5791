// One member of a tar archive as a plain value. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bulkhead::archive {

enum class Kind : std::uint8_t {
    File,
    Directory,
    Symlink,
    HardLink,  // `target` is another member's path
    CharDevice,
    BlockDevice,
    Fifo,
};

struct Xattr {
    std::string name;  // "user.comment"
    std::string value;

    friend bool operator==(const Xattr&, const Xattr&) = default;
};

// Bytes of a sparse file that are there; what no run covers is a hole.
struct Run {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    friend bool operator==(const Run&, const Run&) = default;
};

struct Entry {
    Kind kind = Kind::File;
    std::string path;        // as the archive has it
    std::string target;      // of links
    std::uint32_t mode = 0;  // permission bits with set-id and sticky
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime = 0;  // seconds since 1970, rounded down
    std::uint32_t mtime_nanoseconds = 0;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint64_t size = 0;  // of a file
    std::vector<Xattr> xattrs;
    std::optional<std::vector<Run>> runs;  // of a sparse file, in order

    friend bool operator==(const Entry&, const Entry&) = default;
};

// Bounds on what is read; larger is an error.
inline constexpr std::size_t kMaxPathBytes = 16 * 1024;
inline constexpr std::size_t kMaxHeaderBytes = 2 * 1024 * 1024;  // of extended headers
inline constexpr std::size_t kMaxXattrs = 256;
inline constexpr std::size_t kMaxRuns = 16 * 1024;

}  // namespace bulkhead::archive
