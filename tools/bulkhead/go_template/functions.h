// The functions that templates may call: Go's own and docker's. Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::go_template {

bool is_function(std::string_view name);

// Not for `and` and `or`, which do not evaluate all of their arguments.
Result<Value> call_function(std::string_view name, const Values& arguments);

}  // namespace bulkhead::go_template
