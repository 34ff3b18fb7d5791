// Small helpers for messages. gcc 12 has no std::format.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>

namespace bulkhead {

// The parts printed one after another.
template <class... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return std::move(out).str();
}

// "0x1f"
[[nodiscard]] std::string hex(std::uint64_t value);

// "1.5 GiB"; for messages, not for parsing.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace bulkhead
