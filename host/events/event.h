// What happened to a container or an image, in docker's words and JSON. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bulkhead::events {

// A longer line is no event.
inline constexpr std::size_t kMaxLine = 64 * 1024;

struct Event {
    std::int64_t time_ns = 0;                       // since 1970
    std::string type;                               // "container", "image"
    std::string action;                             // "start", "die", "health_status: healthy"
    std::string id;                                 // of what it happened to
    std::map<std::string, std::string> attributes;  // "name", "image", "exitCode", labels
};

// One line, without its end. Bytes that are no UTF-8 are replaced; a long action is cut, and
// attributes are left out, the longest first, until the line is short enough.
std::string to_json(Event event);

// Nothing for anything else.
std::optional<Event> parse_event(std::string_view line);

// As docker prints it: "TIME container start ID (image=busybox, name=web)".
std::string to_text(const Event& event);

}  // namespace bulkhead::events
