// Executes a template's tree on a value (Go's text/template/exec.go). Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/bulkhead/go_template/syntax.h"
#include "tools/bulkhead/go_template/template.h"

namespace bulkhead::go_template {

Result<std::string> execute_nodes(std::string_view source, const std::vector<Node>& nodes,
                                  const Value& data, const Options& options);

}  // namespace bulkhead::go_template
