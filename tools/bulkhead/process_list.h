// The columns of `top`, as procps' ps has them, from what the guest's agent says of its processes.
// Thread: any.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "base/result.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::agent::v1 {
class ProcessesReply;
}

namespace bulkhead::cli {

// The names of the columns that ps's options ask for: none and "-ef" (docker's), "aux", "-o LIST"
// and
// "-eo LIST". An error names what is not known.
Result<std::vector<std::string>> process_columns(const std::vector<std::string>& options);

// The heading and a row for each process.
std::vector<Row> process_rows(const agent::v1::ProcessesReply& processes,
                              const std::vector<std::string>& columns, std::time_t now);

}  // namespace bulkhead::cli
