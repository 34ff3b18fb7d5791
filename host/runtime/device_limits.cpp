#include "host/runtime/device_limits.h"

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

Result<std::uint64_t> parse_number(std::string_view rate, std::string_view form) {
    std::uint64_t number = 0;
    const char* const end = rate.data() + rate.size();
    const auto parsed = std::from_chars(rate.data(), end, number);
    if (rate.empty() || parsed.ec != std::errc() || parsed.ptr != end)
        return Error(concat("invalid rate: ", rate, ", want ", form));
    return number;
}

Result<std::uint64_t> at_least(std::uint64_t least, std::uint64_t rate) {
    if (rate != 0 && rate < least)
        return Error(concat("too low: want ", least, " a second or more, or 0 for no limit"));
    return rate;
}

}  // namespace

Result<std::uint64_t> parse_byte_rate(std::string_view text) {
    return parse_bytes(TRY(rate_of(text)));
}

Result<std::uint64_t> parse_operation_rate(std::string_view text) {
    return parse_number(TRY(rate_of(text)), "[PATH:]NUMBER");
}

Result<std::uint64_t> parse_stream_bytes(std::string_view text) {
    return at_least(kLeastStreamBytes, TRY(parse_bytes(text)));
}

Result<std::uint64_t> parse_stream_packets(std::string_view text) {
    return at_least(kLeastStreamPackets, TRY(parse_number(text, "a number")));
}

}  // namespace bulkhead::runtime
