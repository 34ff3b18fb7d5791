// Command-line flags with the grammar of docker's: "--name value", "--name=value", "-n value",
// "-nvalue", several switches in one ("-it"), "--" before what only looks like a flag. Errors are
// docker's words and name the nearest flag. Thread: any.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::cli {

using Words = std::vector<std::string>;

// The group of flags that the help text leaves out: all that they do is to say why not.
inline constexpr std::string_view kUnlisted = "unlisted";

struct Flag {
    std::string name;        // "memory"
    char letter = '\0';      // 'm', or none
    std::string value_name;  // "BYTES"; empty: a switch, set with "true" or "false"
    std::string help;
    std::function<Result<void>(const std::string& value)> set;
    std::string group{};  // the heading above it in the help text; may be empty
};

enum class Placement {
    Anywhere,        // flags may come after arguments
    BeforeArguments  // what follows the first argument is not ours: a container's command
};

// Calls the flags' `set` in order and gives the arguments.
Result<Words> parse_flags(const Words& words, const std::vector<Flag>& flags, Placement placement);

// One line for each flag, aligned, below the headings of their groups.
std::string flags_help(const std::vector<Flag>& flags);

// What `set` does in the simplest cases.
std::function<Result<void>(const std::string&)> store(bool& target);
std::function<Result<void>(const std::string&)> store(std::string& target);
std::function<Result<void>(const std::string&)> append(std::vector<std::string>& target);

}  // namespace bulkhead::cli
