// A container's log: any output survives being written and read, and any file may be read.
#include <cstdint>

#include "base/check.h"
#include "base/utf8.h"
#include "host/logs/log_entry.h"
#include "host/logs/log_time.h"
#include "host/runtime/signals.h"

namespace {

using namespace bulkhead;        // NOLINT(google-build-using-namespace)
using namespace bulkhead::logs;  // NOLINT(google-build-using-namespace)

void check_round_trip(std::string_view text, std::string_view time) {
    std::string line;
    append_entry(line, text, entry_end(Stream::Error, time));
    BULKHEAD_CHECK(is_utf8(line) && line.find('\n') == line.size() - 1);
    const auto entry = parse_entry(line);
    BULKHEAD_CHECK(entry && entry->text == text && entry->stream == Stream::Error);
    BULKHEAD_CHECK(format_time(entry->time_ns) == time);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // SAFETY: char may alias any type.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_round_trip(text, "2026-11-25T04:07:00.123456789Z");
    if (const auto entry = parse_entry(text))
        check_round_trip(entry->text, format_time(entry->time_ns));
    static_cast<void>(parse_moment(text, 0));
    if (const auto signal = runtime::parse_signal(text))
        BULKHEAD_CHECK(*signal > 0 && *signal <= 64);
    return 0;
}
