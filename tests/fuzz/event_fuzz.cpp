// A journal of events may hold anything, and an event whatever a container is called.
#include <cstdint>

#include "base/check.h"
#include "base/utf8.h"
#include "host/events/event.h"

namespace {

using bulkhead::events::Event;

void check_round_trip(const Event& event) {
    const std::string line = bulkhead::events::to_json(event);
    BULKHEAD_CHECK(bulkhead::is_utf8(line) && line.find('\n') == std::string::npos);
    BULKHEAD_CHECK(line.size() <= bulkhead::events::kMaxLine);
    const auto read = bulkhead::events::parse_event(line);
    BULKHEAD_CHECK(read && read->time_ns == event.time_ns);
    // What was written once is text, and stays as it is.
    BULKHEAD_CHECK(bulkhead::events::to_json(*read) == line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // SAFETY: char may alias any type.
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto event = bulkhead::events::parse_event(text)) {
        check_round_trip(*event);
        static_cast<void>(bulkhead::events::to_text(*event));
    }
    const std::string half = text.substr(0, size / 2);
    check_round_trip({1, "container", half, "00ff", {{half, text}, {"name", text}}});
    return 0;
}
