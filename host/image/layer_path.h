// Names inside a layer. Docker's rules: a leading "/" or "./" means the root, ".." is resolved as
// text, and a name that would leave the root is an error (moby pkg/archive/diff.go).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace bulkhead::image {

// "./usr//bin/../lib/" -> "usr/lib". Also checks the lengths that Linux allows.
Result<std::string> normalise_path(std::string_view path);

// "usr/lib" -> {"usr", "lib"}; "lib" -> {"", "lib"}.
std::pair<std::string_view, std::string_view> split_path(std::string_view path);

// For messages: unprintable bytes replaced, and cut to a readable length.
std::string printable(std::string_view text);
// The same in quotation marks.
std::string quoted(std::string_view text);

}  // namespace bulkhead::image
