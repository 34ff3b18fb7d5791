// docker's --mount, as far as a machine without shared directories goes: type=tmpfs. Thread: any.
#pragma once

#include <string_view>

#include "base/result.h"
#include "host/runtime/tmpfs.h"

namespace bulkhead::runtime {

// "type=tmpfs,destination=/run,tmpfs-size=64m,tmpfs-mode=1777,readonly"
Result<Tmpfs> parse_mount(std::string_view text);

}  // namespace bulkhead::runtime
