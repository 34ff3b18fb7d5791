// Containers as lists and filters see them: what was written down about each, together. Thread:
// main.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/state/record.h"
#include "host/state/state_store.h"

namespace bulkhead::cli {

struct ListedContainer {
    state::Record record;
    std::string directory;
    std::string log;
    std::string image_id;  // "sha256:..."
    std::map<std::string, std::string> labels;
    std::string health = "none";  // as docker's filter has it
};

// Newest first. One whose configuration cannot be read is listed without it.
std::vector<ListedContainer> list_containers(const state::StateStore& store);

// What its disk takes on the host, without the image.
std::uint64_t disk_usage(const ListedContainer& container);

// The same with its logs: what is free when it is removed.
std::uint64_t total_usage(const ListedContainer& container);

}  // namespace bulkhead::cli
