// The checkpoints of a data root, as commands tell of them. Thread: any.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/checkpoints/store.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/list_format.h"

namespace bulkhead::cli {

using ListedCheckpoint = checkpoints::Store::Listed;

checkpoints::Store checkpoint_store(const Context& context);

// The first one whose container was made from the image.
const ListedCheckpoint* checkpoint_of(const std::string& image_id,
                                      const std::vector<ListedCheckpoint>& checkpoints);

ListRow checkpoint_row(const ListedCheckpoint& listed, std::time_t now);

const ListColumns& checkpoint_columns();

}  // namespace bulkhead::cli
