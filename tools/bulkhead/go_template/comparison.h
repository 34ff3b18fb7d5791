// Go's eq, ne, lt, le, gt, ge. Thread: any.
#pragma once

#include "base/result.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::go_template {

// Whether the first equals any of the others.
Result<Value> equals_any(const Values& arguments);
Result<Value> not_equal(const Values& arguments);
Result<Value> less(const Values& arguments);
Result<Value> less_or_equal(const Values& arguments);
Result<Value> greater(const Values& arguments);
Result<Value> greater_or_equal(const Values& arguments);

}  // namespace bulkhead::go_template
