// Every verb with its flags, as the verbs themselves say: what completion and the man page are made
// from, so that neither is ever out of date. Thread: main.
#pragma once

#include <string>
#include <vector>

#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

struct FlagWords {
    std::string name;        // "memory"
    std::string letter;      // "m", or empty
    std::string value_name;  // "BYTES"; empty: a switch
    std::string help;
};

// The flags of a command, --help included.
std::vector<FlagWords> flags_of(const Command& command);

std::vector<FlagWords> global_flag_words();

// Commands that only groups have, such as `container prune`.
std::vector<const Command*> grouped_only(std::span<const Command* const> commands);

// The word that asks a command for its flags instead of doing its work. See parse_command().
inline constexpr std::string_view kDescribeFlags = "--describe-flags";

// What it then prints.
std::string flag_lines(const std::vector<Flag>& flags);

}  // namespace bulkhead::cli
