// Where the programs and files that come with `bulkhead` are: beside it, so that a build tree and
// an installation work alike: <bin>/bulkhead-vmm, <bin>/../share/bulkhead/... Thread: any.
#pragma once

#include "base/result.h"
#include "host/engine/host_files.h"

namespace bulkhead::cli {

Result<engine::HostFiles> find_host_files();

}  // namespace bulkhead::cli
