// What the user said when a container was made, as far as only `inspect` asks for it. Thread: any.
#pragma once

#include "host/runtime/container_options.h"
#include "tools/bulkhead/run_flags.h"

namespace bulkhead::container::v1 {
class Asked;
}

namespace bulkhead::oci::v1 {
class Process;
}

namespace bulkhead::cli {

void set_asked(const RunFlags& flags, const runtime::ImageConfig& image,
               container::v1::Asked& asked);

// A runtime bundle says everything in its spec.
void set_asked(const oci::v1::Process& process, container::v1::Asked& asked);

}  // namespace bulkhead::cli
