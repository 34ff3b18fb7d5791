#include "host/runtime/disk_limits.h"

#include <charconv>

#include "base/text.h"
#include "host/runtime/quantities.h"

namespace bulkhead::runtime {

namespace {

Result<std::string_view> rate_of(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return text;
    if (!text.starts_with('/'))
        return Error(concat("bad format for path: ", text, ", want [PATH:]RATE"));
    return text.substr(colon + 1);
}

}  // namespace

Result<std::uint64_t> parse_byte_rate(std::string_view text) {
    return parse_bytes(TRY(rate_of(text)));
}

Result<std::uint64_t> parse_operation_rate(std::string_view text) {
    const std::string_view rate = TRY(rate_of(text));
    std::uint64_t number = 0;
    const char* const end = rate.data() + rate.size();
    const auto parsed = std::from_chars(rate.data(), end, number);
    if (rate.empty() || parsed.ec != std::errc() || parsed.ptr != end)
        return Error(concat("invalid rate: ", text, ", want [PATH:]NUMBER"));
    return number;
}

}  // namespace bulkhead::runtime
