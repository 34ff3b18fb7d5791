// Masked and read-only paths of an OCI spec, as seen from inside the container's root. Paths that
// do not exist are skipped. Thread: the process that becomes the container's first, after
// pivot_root.
#pragma once

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Linux;
}

namespace bulkhead::agent {

Result<void> hide_paths(const oci::v1::Linux& linux);

}  // namespace bulkhead::agent
