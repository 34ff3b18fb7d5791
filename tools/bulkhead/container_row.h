// A container as a row of `ps`, with docker's names of fields. Thread: any.
#pragma once

#include <ctime>
#include <string>

#include "tools/bulkhead/list_format.h"
#include "tools/bulkhead/listed_container.h"

namespace bulkhead::cli {

struct RowDetail {
    bool whole = false;  // --no-trunc
    bool size = false;   // -s, or the template wants it
    std::uint64_t image_bytes = 0;
};

ListRow container_row(const ListedContainer& container, const RowDetail& detail, std::time_t now);

const ListColumns& container_columns(bool with_size);

// "Up 5 minutes", "Exited (3) 2 hours ago".
std::string status_text(const state::Record& record, std::time_t now);

}  // namespace bulkhead::cli
