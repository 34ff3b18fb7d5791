// Go's constants in a template's action. Thread: any.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "tools/bulkhead/go_template/value.h"

namespace bulkhead::go_template {

struct Constant {
    Json value;
    std::size_t length = 0;  // of its text
};

// What begins with one of: " ` ' + - or a digit.
Result<Constant> read_constant(std::string_view text);

}  // namespace bulkhead::go_template
