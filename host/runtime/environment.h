// Environment variables with docker's rules: -e, --env-file, and the order in which the image, the
// files and the flags override each other. Thread: any.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::runtime {

// "NAME=value"; "NAME" alone means that the variable shall not exist.
using Environment = std::vector<std::string>;

// The caller's own variable of that name.
using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

// The value of one -e: "NAME=value" as it is, "NAME" with the caller's value; when the caller has
// none, "NAME", which takes the variable away from the image's.
Result<std::string> parse_env_flag(std::string_view text, const Lookup& lookup);

// The lines of an --env-file. `name` is for messages.
Result<Environment> parse_env_file(std::string_view content, std::string_view name,
                                   const Lookup& lookup);

// `base` with the variables of `changes` replaced, appended or, without a "=", removed.
Environment merge_environment(Environment base, const Environment& changes);

}  // namespace bulkhead::runtime
