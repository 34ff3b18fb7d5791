#include "host/runtime/ulimit.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace bulkhead::runtime {

namespace {

constexpr std::array<std::string_view, 15> kNames = {
    "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
    "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};

std::optional<std::int64_t> parse_limit(std::string_view text) {
    std::int64_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || value < -1) return std::nullopt;
    return value;
}

std::string type_of(std::string_view name) {
    std::string type = "RLIMIT_";
    for (const char c : name)
        type += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return type;
}

std::string limit_text(std::int64_t limit) {
    return limit < 0 ? "-1 (unlimited)" : std::to_string(limit);
}

}  // namespace

Result<Ulimit> parse_ulimit(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return Error(concat("invalid ulimit argument: ", text));
    const std::string_view name = text.substr(0, equals);
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end())
        return Error(concat("invalid ulimit type: ", name));

    const std::string_view limits = text.substr(equals + 1);
    const std::size_t colon = limits.find(':');
    const auto soft = parse_limit(limits.substr(0, colon));
    const auto hard =
        colon == std::string_view::npos ? soft : parse_limit(limits.substr(colon + 1));
    if (!soft || !hard)
        return Error(concat("invalid ulimit value: '", limits, "', want soft[:hard] as numbers"));
    if (*hard != -1 && (*soft == -1 || *soft > *hard)) {
        return Error(concat("ulimit soft limit must be less than or equal to hard limit: ",
                            limit_text(*soft), " > ", limit_text(*hard)));
    }
    // -1 becomes RLIM_INFINITY by the conversion.
    return Ulimit{type_of(name), static_cast<std::uint64_t>(*soft),
                  static_cast<std::uint64_t>(*hard)};
}

}  // namespace bulkhead::runtime
