#include "guest-agent/usage/proc_text.h"

#include <fcntl.h>

#include <charconv>
#include <span>

#include "base/syscalls.h"

namespace bulkhead::agent {

std::string read_small_file(const std::string& path) {
    constexpr std::size_t kMost = 64 * 1024;
    const auto file = open_file(path, O_RDONLY);
    if (!file) return {};
    std::string text(kMost, '\0');
    const auto got = read_full(file->get(), std::as_writable_bytes(std::span(text)));
    text.resize(got ? *got : 0);
    return text;
}

std::vector<std::string_view> words_of(std::string_view text, std::size_t most) {
    constexpr std::string_view kBlanks = " \t\n";
    std::vector<std::string_view> words;
    while (words.size() < most) {
        const auto start = text.find_first_not_of(kBlanks);
        if (start == std::string_view::npos) break;
        text.remove_prefix(start);
        const auto end = text.find_first_of(kBlanks);
        words.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end);
    }
    return words;
}

std::uint64_t number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() ? value : 0;
}

std::string_view value_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? "" : text.substr(end + 1);
        if (!line.starts_with(key) || line.size() == key.size()) continue;
        const char next = line[key.size()];
        if (next != ' ' && next != ':') continue;
        line.remove_prefix(key.size() + 1);
        const auto start = line.find_first_not_of(" \t");
        return start == std::string_view::npos ? "" : line.substr(start);
    }
    return {};
}

std::optional<ProcessFields> parse_process_fields(std::string_view text) {
    constexpr std::size_t kFields = 64;
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return std::nullopt;
    ProcessFields fields;
    fields.pid = static_cast<std::uint32_t>(number_of(text.substr(0, open)));
    fields.name = text.substr(open + 1, close - open - 1);
    fields.rest = words_of(text.substr(close + 1), kFields);
    return fields;
}

}  // namespace bulkhead::agent
