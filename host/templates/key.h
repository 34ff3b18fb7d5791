// Which template a machine can go on from: all that a booted guest depends on, as it was when the
// template was made. Cheap: files are known by their inode and times, not by their contents.
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/sandbox/launch.h"
#include "host/templates/host.h"

namespace bulkhead::templates {

// A file as it is now; other contents have another one.
struct FileIdentity {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

Result<FileIdentity> identity_of(const std::string& path);
// Of the file that is open, whatever the path leads to now.
Result<FileIdentity> identity_of(const UniqueFd& file, const std::string& path);

// What an image's template has beyond its machine: a container that is prepared.
struct PreparedKey {
    std::string container;            // a digest of what was prepared
    std::vector<FileIdentity> image;  // the files of its image's disk

    friend bool operator==(const PreparedKey&, const PreparedKey&) = default;
};

struct Key {
    FileIdentity kernel;
    FileIdentity initramfs;
    FileIdentity monitor;
    std::string kernel_arguments;
    sandbox::Shape shape;
    Host host;
    std::optional<PreparedKey> prepared;  // nothing: a machine without a container

    // 64 hexadecimal digits: the SHA-256 of the key's canonical text.
    [[nodiscard]] std::string id() const;

    friend bool operator==(const Key&, const Key&) = default;
};

// The paths that a launch's files were opened at.
struct Paths {
    std::string kernel;
    std::string initramfs;
    std::string monitor;
};

// Of a launch that boots.
Result<Key> key_of(const sandbox::Launch& launch, const Paths& paths, const Host& host);

// Whether a start can still have it: its files and host are as they were.
bool can_match(const Key& key, const Host& host);

// What is not as it was then, for users; empty: nothing.
std::string difference(const Key& then, const Key& now);

nlohmann::json to_json(const Key& key);
Result<Key> parse_key(const nlohmann::json& json);

}  // namespace bulkhead::templates
