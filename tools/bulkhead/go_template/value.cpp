#include "tools/bulkhead/go_template/value.h"

#include <algorithm>

namespace bulkhead::go_template {

namespace {

void append_text(std::string& text, const Json& json);

void append_list(std::string& text, const Json& list) {
    text += '[';
    bool first = true;
    for (const Json& item : list) {
        if (!first) text += ' ';
        first = false;
        append_text(text, item);
    }
    text += ']';
}

void append_map(std::string& text, const Json& map) {
    std::vector<std::string> keys;
    for (const auto& item : map.items()) keys.push_back(item.key());
    std::sort(keys.begin(), keys.end());
    text += "map[";
    for (std::size_t i = 0; i < keys.size(); ++i) {
        text += (i == 0 ? "" : " ") + keys[i] + ":";
        append_text(text, map.at(keys[i]));
    }
    text += ']';
}

void append_text(std::string& text, const Json& json) {
    if (json.is_string()) {
        text += json.get_ref<const std::string&>();
    } else if (json.is_array()) {
        append_list(text, json);
    } else if (json.is_object()) {
        append_map(text, json);
    } else if (json.is_null()) {
        text += "<nil>";
    } else {
        text += json.dump();
    }
}

}  // namespace

Value make_value(Json json) {
    return std::make_shared<const Json>(std::move(json));
}

Value part_of(const Value& whole, const Json& part) {
    return {whole, &part};
}

const Json& json_of(const Value& value) {
    static const Json kNull;
    return value == nullptr ? kNull : *value;
}

std::string go_text(const Value& value) {
    const Json& json = json_of(value);
    if (json.is_null()) return "<no value>";
    std::string text;
    append_text(text, json);
    return text;
}

bool is_true(const Value& value) {
    const Json& json = json_of(value);
    if (json.is_boolean()) return json.get<bool>();
    if (json.is_number()) return json != 0;
    if (json.is_string()) return !json.get_ref<const std::string&>().empty();
    return !json.empty();
}

std::string json_text(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bulkhead::go_template
