#include "host/events/event.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json_integer.h"
#include "base/text.h"
#include "base/utf8.h"
#include "host/logs/log_time.h"

namespace bulkhead::events {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxAction = 4096;
constexpr std::size_t kMaxName = 256;
constexpr std::int64_t kSecond = 1'000'000'000;

std::string line_of(const Event& event) {
    Json attributes = Json::object();
    for (const auto& [key, value] : event.attributes) attributes[key] = value;
    Json json = {{"status", event.action}, {"id", event.id}};
    // As docker: what a container was made from.
    const auto from = event.attributes.find("image");
    if (event.type == "container" && from != event.attributes.end()) json["from"] = from->second;
    json["Type"] = event.type;
    json["Action"] = event.action;
    json["Actor"] = {{"ID", event.id}, {"Attributes", attributes}};
    json["scope"] = "local";
    json["time"] = event.time_ns / kSecond;
    json["timeNano"] = event.time_ns;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The string at a key; nothing when it is anything else.
std::optional<std::string> string_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

bool read_actor(const Json& json, Event& event) {
    const auto actor = json.find("Actor");
    if (actor == json.end() || !actor->is_object()) return false;
    const auto id = string_at(*actor, "ID");
    const auto attributes = actor->find("Attributes");
    if (!id || attributes == actor->end() || !attributes->is_object()) return false;
    event.id = *id;
    for (const auto& [key, value] : attributes->items()) {
        if (!value.is_string()) return false;
        event.attributes[key] = value.get<std::string>();
    }
    return true;
}

}  // namespace

std::string to_json(Event event) {
    // An action may name a command with all its arguments.
    event.action.resize(utf8_prefix(event.action, kMaxAction).size());
    event.type.resize(utf8_prefix(event.type, kMaxName).size());
    event.id.resize(utf8_prefix(event.id, kMaxName).size());
    std::string line = line_of(event);
    while (line.size() > kMaxLine && !event.attributes.empty()) {
        event.attributes.erase(std::ranges::max_element(
            event.attributes, {}, [](const auto& entry) { return entry.second.size(); }));
        line = line_of(event);
    }
    return line;
}

std::optional<Event> parse_event(std::string_view line) {
    if (line.size() > kMaxLine) return std::nullopt;
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return std::nullopt;
    const auto type = string_at(json, "Type");
    const auto action = string_at(json, "Action");
    const auto time = json.find("timeNano");
    Event event;
    const auto time_ns = time == json.end() ? std::nullopt : integer_of<std::int64_t>(*time);
    if (!type || !action || !time_ns || !read_actor(json, event)) return std::nullopt;
    event.type = *type;
    event.action = *action;
    event.time_ns = *time_ns;
    return event;
}

std::string to_text(const Event& event) {
    std::string attributes;
    for (const auto& [key, value] : event.attributes)
        attributes += concat(attributes.empty() ? "" : ", ", key, "=", value);
    return concat(logs::format_time(event.time_ns), " ", event.type, " ", event.action, " ",
                  event.id, " (", attributes, ")");
}

}  // namespace bulkhead::events
