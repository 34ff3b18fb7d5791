// A container as `inspect` shows it: everything that is written down, in docker's JSON. Thread:
// any.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "host/state/state_store.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::cli {

using Json = go_template::Json;

Result<Json> container_json(const state::StateStore& store, const state::Record& record);

// docker's `inspect --size`: bytes of the writable disk, and with the image.
void add_container_sizes(Json& json, std::uint64_t own, std::uint64_t image);

}  // namespace bulkhead::cli
