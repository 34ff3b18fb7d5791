// What an image says about how its process is to be run (OCI image-spec, config.md). Thread: any; a
// plain value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/image/digest.h"

namespace bulkhead::image {

// Docker's extension; durations in nanoseconds, 0 for the default.
struct Healthcheck {
    std::vector<std::string> test;
    std::int64_t interval = 0;
    std::int64_t timeout = 0;
    std::int64_t start_period = 0;
    std::int64_t start_interval = 0;
    std::int64_t retries = 0;

    friend bool operator==(const Healthcheck&, const Healthcheck&) = default;
};

struct ImageConfig {
    std::vector<std::string> env;  // "NAME=value"
    std::vector<std::string> entrypoint;
    std::vector<std::string> cmd;
    std::string working_dir;
    std::string user;
    std::vector<std::string> exposed_ports;  // "80/tcp"
    std::vector<std::string> volumes;
    std::map<std::string, std::string> labels;
    std::string stop_signal;
    std::optional<Healthcheck> healthcheck;

    friend bool operator==(const ImageConfig&, const ImageConfig&) = default;
};

// How one step of the build was made; steps that only changed the config have no layer.
struct HistoryEntry {
    std::string created;  // RFC 3339
    std::string created_by;
    std::string comment;
    bool empty_layer = false;

    friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

// The whole config blob.
struct ImageDescription {
    std::string created;  // RFC 3339, as the image says
    std::string author;
    std::string os;
    std::string architecture;
    std::string variant;
    ImageConfig config;
    std::vector<Digest> diff_ids;       // the layers, lowest first, by their uncompressed content
    std::vector<HistoryEntry> history;  // oldest first; may be missing
};

// Untrusted input: bounded, and every digest checked against the grammar.
Result<ImageDescription> parse_image_description(std::string_view json);

}  // namespace bulkhead::image
