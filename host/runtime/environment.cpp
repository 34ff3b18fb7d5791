#include "host/runtime/environment.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"

namespace bulkhead::runtime {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpaces = " \t\n\v\f\r";

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

// One line of a file; nothing for a comment, an empty line, or a variable that the caller lacks.
Result<std::optional<std::string>> parse_line(std::string_view line, const Lookup& lookup) {
    const std::size_t start = line.find_first_not_of(kSpaces);
    if (start == std::string_view::npos || line[start] == '#') return std::optional<std::string>();
    line.remove_prefix(start);
    const std::string name(name_of(line));
    if (name.empty())
        return Error(concat("poorly formatted environment: no variable name on line '", line, "'"));
    if (name.find_first_of(" \t") != std::string::npos) {
        return Error(
            concat("poorly formatted environment: variable '", name, "' contains whitespaces"));
    }
    if (line.size() > name.size()) return std::optional(std::string(line));
    const auto value = lookup(name);
    if (!value) return std::optional<std::string>();
    return std::optional(name + "=" + *value);
}

}  // namespace

Result<std::string> parse_env_flag(std::string_view text, const Lookup& lookup) {
    const std::string name(name_of(text));
    if (name.empty()) return Error(concat("invalid environment variable: ", text));
    if (text.size() > name.size()) return std::string(text);
    const auto value = lookup(name);
    return value ? name + "=" + *value : name;
}

Result<Environment> parse_env_file(std::string_view content, std::string_view name,
                                   const Lookup& lookup) {
    if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
    Environment variables;
    for (std::size_t number = 1; !content.empty(); ++number) {
        const std::size_t end = std::min(content.find('\n'), content.size());
        std::string_view line = content.substr(0, end);
        content.remove_prefix(std::min(end + 1, content.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!is_utf8(line) || line.find('\0') != std::string_view::npos)
            return Error(
                concat("env file ", name, " contains invalid utf8 bytes at line ", number));
        auto variable = TRY(parse_line(line, lookup));
        if (variable) variables.push_back(*std::move(variable));
    }
    return variables;
}

Environment merge_environment(Environment base, const Environment& changes) {
    for (const std::string& change : changes) {
        const std::string_view name = name_of(change);
        const auto same_name = [&](const std::string& other) { return name_of(other) == name; };
        if (change.size() == name.size()) {
            base.erase(std::remove_if(base.begin(), base.end(), same_name), base.end());
        } else if (const auto found = std::find_if(base.begin(), base.end(), same_name);
                   found != base.end()) {
            *found = change;
        } else {
            base.push_back(change);
        }
    }
    return base;
}

}  // namespace bulkhead::runtime
