// From a template's text to its tree (Go's text/template/parse). Thread: any.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/bulkhead/go_template/syntax.h"

namespace bulkhead::go_template {

// Checks everything that can be known without data: variables and functions exist.
Result<std::vector<Node>> parse_nodes(std::string_view source);

}  // namespace bulkhead::go_template
