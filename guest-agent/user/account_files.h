// Lines of passwd(5) and group(5). Views into the given text. Thread: any (pure).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace bulkhead::agent {

struct PasswdEntry {
    std::string_view name;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string_view home;
};

struct GroupEntry {
    std::string_view name;
    std::uint32_t gid = 0;
    std::string_view members;  // comma-separated

    [[nodiscard]] bool has_member(std::string_view user) const;
};

// A decimal id without sign or spaces; not 2^32-1, which means "no change" to the system calls.
std::optional<std::uint32_t> parse_id(std::string_view text);

// Calls `visit` for each well-formed line, first to last, until it returns false.
void for_each_passwd(std::string_view text, const std::function<bool(const PasswdEntry&)>& visit);
void for_each_group(std::string_view text, const std::function<bool(const GroupEntry&)>& visit);

}  // namespace bulkhead::agent
