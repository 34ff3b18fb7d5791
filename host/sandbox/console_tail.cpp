#include "host/sandbox/console_tail.h"

#include <algorithm>

#include "host/sandbox/guest_text.h"

namespace bulkhead::sandbox {

namespace {

// A carriage return before the line feed is how serial consoles end lines.
std::string_view without_line_end(std::string_view line) {
    while (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

void ConsoleTail::append(std::string_view bytes) {
    if (bytes.size() > kMaxBytes) bytes.remove_prefix(bytes.size() - kMaxBytes);
    bytes_.append(bytes);
    if (bytes_.size() > 2 * kMaxBytes) bytes_.erase(0, bytes_.size() - kMaxBytes);
}

std::vector<std::string> ConsoleTail::last_lines(std::size_t count) const {
    std::vector<std::string> lines;
    std::string_view rest = bytes_;
    while (!rest.empty() && lines.size() < count) {
        const std::size_t feed = rest.rfind('\n');
        const std::size_t start = feed == std::string_view::npos ? 0 : feed + 1;
        const std::string_view line = without_line_end(rest.substr(start));
        if (!line.empty()) lines.push_back(printable(line, kMaxLineLength));
        rest = rest.substr(0, start == 0 ? 0 : start - 1);
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
}

}  // namespace bulkhead::sandbox
