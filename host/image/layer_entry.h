// LayerEntry: one entry of a layer as a plain value, between the tar reader, the layer's index and
// the merged tree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bulkhead::image {

enum class EntryKind : std::uint8_t {
    Directory = 1,
    File = 2,
    Symlink = 3,
    HardLink = 4,
    CharDevice = 5,
    BlockDevice = 6,
    Fifo = 7,
    // OCI image-spec, layer.md "Whiteouts": `path` is what the layers below lose.
    Whiteout = 8,
    // `path` is the directory whose content in the layers below is lost.
    OpaqueDirectory = 9,
};

struct Xattr {
    std::string name;  // with its prefix: "security.capability"
    std::string value;

    friend bool operator==(const Xattr&, const Xattr&) = default;
};

// `blocks` blocks of a file from its block `file_block`, kept at block `data_block` of the layer's
// data file. What no extent covers is a hole.
struct Extent {
    std::uint64_t file_block = 0;
    std::uint64_t data_block = 0;
    std::uint64_t blocks = 0;

    friend bool operator==(const Extent&, const Extent&) = default;
};

struct LayerEntry {
    EntryKind kind = EntryKind::File;
    // Relative to the root and normalised ("usr/bin/env"); empty is the root itself.
    std::string path = {};
    // A symbolic link's text as it is; a hard link's other name, normalised like `path`.
    std::string target = {};
    std::uint16_t mode = 0;  // permission bits with set-id and sticky, no type
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime = 0;  // seconds since 1970
    std::uint32_t mtime_nanoseconds = 0;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint64_t size = 0;  // of a file, in bytes
    std::vector<Extent> extents = {};
    std::vector<Xattr> xattrs = {};

    friend bool operator==(const LayerEntry&, const LayerEntry&) = default;
};

// Whether an entry with normalised paths can be part of a file system: asked of what a tar file
// holds and of what an index holds.
Result<void> check_entry(const LayerEntry& entry);

}  // namespace bulkhead::image
