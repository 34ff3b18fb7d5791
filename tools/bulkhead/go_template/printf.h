// Go's print, println and printf. Thread: any.
#pragma once

#include "base/result.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::go_template {

Result<Value> print(const Values& arguments);
Result<Value> print_line(const Values& arguments);
// The verbs s, v, d, q, t, x, X, o, b, c, e, f, g and %, with flags, width and precision.
Result<Value> print_formatted(const Values& arguments);

}  // namespace bulkhead::go_template
