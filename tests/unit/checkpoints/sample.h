// A checkpoint's description as a test wants one.
#pragma once

#include <string>

#include "host/checkpoints/entry.h"
#include "tests/unit/templates/place.h"

namespace bulkhead::checkpoints::test {

inline Entry sample(const templates::test::Place& place) {
    Entry entry;
    entry.key = place.key();
    entry.disks = 2;
    entry.container_id = std::string(64, 'a');
    entry.container_name = "web";
    entry.image = "busybox";
    entry.image_id = "sha256:1";
    entry.state_bytes = 5;
    entry.memory_file_bytes = entry.key.shape.memory_bytes;
    entry.disk_file_bytes = 4096;
    entry.created_at = 1'000'000'000;
    return entry;
}

}  // namespace bulkhead::checkpoints::test
