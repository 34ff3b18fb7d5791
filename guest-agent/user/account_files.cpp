#include "guest-agent/user/account_files.h"

#include <array>
#include <charconv>
#include <limits>

namespace bulkhead::agent {
namespace {

// The text up to the next `separator`, which is removed from the front of `rest` with it.
std::string_view take(std::string_view& rest, char separator) {
    const auto end = rest.find(separator);
    const std::string_view taken = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return taken;
}

// Calls `visit` with the first N fields of each line; missing ones are empty.
template <std::size_t N>
void for_each_line(std::string_view text,
                   const std::function<bool(const std::array<std::string_view, N>&)>& visit) {
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        std::array<std::string_view, N> fields;
        for (auto& field : fields) field = take(line, ':');
        if (!fields[0].empty() && !visit(fields)) return;
    }
}

}  // namespace

bool GroupEntry::has_member(std::string_view user) const {
    std::string_view rest = members;
    while (!rest.empty()) {
        if (take(rest, ',') == user) return true;
    }
    return false;
}

std::optional<std::uint32_t> parse_id(std::string_view text) {
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (id == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return id;
}

void for_each_passwd(std::string_view text, const std::function<bool(const PasswdEntry&)>& visit) {
    for_each_line<6>(text, [&](const std::array<std::string_view, 6>& fields) {
        const auto uid = parse_id(fields[2]);
        const auto gid = parse_id(fields[3]);
        if (!uid || !gid) return true;
        return visit({.name = fields[0], .uid = *uid, .gid = *gid, .home = fields[5]});
    });
}

void for_each_group(std::string_view text, const std::function<bool(const GroupEntry&)>& visit) {
    for_each_line<4>(text, [&](const std::array<std::string_view, 4>& fields) {
        const auto gid = parse_id(fields[2]);
        if (!gid) return true;
        return visit({.name = fields[0], .gid = *gid, .members = fields[3]});
    });
}

}  // namespace bulkhead::agent
