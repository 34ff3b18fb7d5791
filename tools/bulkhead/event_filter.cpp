#include "tools/bulkhead/event_filter.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"

namespace bulkhead::cli {

namespace {

constexpr std::array<std::string_view, 6> kKeys = {"container", "event", "image",
                                                   "label",     "scope", "type"};

std::string_view attribute(const events::Event& event, const std::string& key) {
    const auto found = event.attributes.find(key);
    return found == event.attributes.end() ? std::string_view() : found->second;
}

// "health_status: healthy" is a "health_status", too.
bool is_action(const events::Event& event, const std::string& wanted) {
    return event.action == wanted || event.action.starts_with(wanted + ":");
}

bool has_label(const events::Event& event, const std::string& wanted) {
    const auto separator = wanted.find('=');
    const auto found = event.attributes.find(wanted.substr(0, separator));
    if (found == event.attributes.end()) return false;
    return separator == std::string::npos || found->second == wanted.substr(separator + 1);
}

bool matches(const events::Event& event, const std::string& key, const std::string& value) {
    if (key == "type") return event.type == value;
    if (key == "event") return is_action(event, value);
    if (key == "scope") return value == "local";
    if (key == "label") return has_label(event, value);
    if (key == "image") {
        const bool is_image = event.type == "image";
        const std::string_view image = attribute(event, is_image ? "name" : "image");
        return image == value || image.substr(0, image.rfind(':')) == value ||
               (is_image && event.id == value);
    }
    return event.type == "container" &&
           (attribute(event, "name") == value || event.id.starts_with(value));
}

}  // namespace

Result<EventFilter> EventFilter::parse(const Words& filters) {
    EventFilter result;
    for (const std::string& filter : filters) {
        const auto separator = filter.find('=');
        if (separator == std::string::npos || separator == 0)
            return Error(concat("invalid argument \"", filter, "\" for --filter: want KEY=VALUE"));
        const bool opposite = filter[separator - 1] == '!';
        const std::string key = filter.substr(0, separator - (opposite ? 1 : 0));
        if (std::ranges::find(kKeys, key) == kKeys.end())
            return Error(concat("invalid filter '", key, "'"));
        (opposite ? result.unwanted_ : result.wanted_)[key].push_back(filter.substr(separator + 1));
    }
    return result;
}

bool EventFilter::takes(const events::Event& event) const {
    const auto any = [&](const auto& entry) {
        return std::ranges::any_of(entry.second, [&](const std::string& value) {
            return matches(event, entry.first, value);
        });
    };
    return std::ranges::all_of(wanted_, any) && std::ranges::none_of(unwanted_, any);
}

}  // namespace bulkhead::cli
