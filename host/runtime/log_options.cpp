#include "host/runtime/log_options.h"

#include <charconv>

#include "base/text.h"
#include "host/runtime/quantities.h"

namespace bulkhead::runtime {

namespace {

constexpr std::uint32_t kMostFiles = 1000;

Result<std::uint32_t> parse_count(std::string_view text) {
    std::uint32_t count = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, count);
    if (parsed.ec != std::errc() || parsed.ptr != end || count > kMostFiles)
        return Error(concat("invalid value for max-file: \"", text, "\""));
    if (count < 1) return Error("max-file cannot be less than 1");
    return count;
}

}  // namespace

Result<void> check_log_driver(std::string_view name) {
    if (name == "json-file") return {};
    if (name == "none") {
        return Error(
            "the log cannot be turned off: `logs` and `attach` read it; bound it with --log-opt "
            "max-size=BYTES");
    }
    return Error(concat("there is no log driver \"", name,
                        "\": a container's log is a json-file on this machine"));
}

Result<void> set_log_option(std::string_view text, LogOptions& options) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos)
        return Error(concat("invalid log option \"", text, "\", want KEY=VALUE"));
    const std::string_view key = text.substr(0, equals);
    const std::string_view value = text.substr(equals + 1);
    if (key == "max-size") {
        options.file_bytes = TRY(parse_bytes(value));
        if (options.file_bytes == 0) return Error("max-size must be a positive number of bytes");
        return {};
    }
    if (key == "max-file") {
        options.files = TRY(parse_count(value));
        return {};
    }
    return Error(concat("unknown log opt '", key, "' for json-file log driver"));
}

}  // namespace bulkhead::runtime
