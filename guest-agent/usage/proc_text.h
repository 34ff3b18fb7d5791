// The kernel's small text files about processes and cgroups. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::agent {

// Empty when it cannot be read. Long files are cut.
std::string read_small_file(const std::string& path);

// The words of a text, at most `most` of them.
std::vector<std::string_view> words_of(std::string_view text, std::size_t most);

// 0 for what is no number.
std::uint64_t number_of(std::string_view text);

// The value behind "KEY " or "KEY:" at the beginning of a line; words are separated by blanks.
std::string_view value_of(std::string_view text, std::string_view key);

// The fields of /proc/PID/stat from "state" on: the name before them, in parentheses, may hold
// anything.
struct ProcessFields {
    std::uint32_t pid = 0;
    std::string_view name;
    std::vector<std::string_view> rest;
};

std::optional<ProcessFields> parse_process_fields(std::string_view text);

}  // namespace bulkhead::agent
