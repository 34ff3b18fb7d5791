#include "host/image/json_fields.h"

#include "base/json_integer.h"
#include "base/text.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

Error wrong_type(const char* name, std::string_view expected) {
    return Error(concat("\"", name, "\" is not ", expected));
}

// Counted before parsing, as the parser itself has no bound.
bool is_too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxJsonDepth) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    if (text.size() > kMaxJsonBytes)
        return Error(concat("larger than ", bytes_text(kMaxJsonBytes)));
    if (is_too_deep(text)) return Error(concat("nested deeper than ", kMaxJsonDepth));
    Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) return Error("not valid JSON");
    return value;
}

const Json* member(const Json& value, const char* name) {
    if (!value.is_object()) return nullptr;
    const auto found = value.find(name);
    return found == value.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> string_member(const Json& value, const char* name) {
    const Json* found = member(value, name);
    if (found == nullptr) return std::string();
    const auto* text = found->get_ptr<const std::string*>();
    if (text == nullptr) return wrong_type(name, "a string");
    if (text->find('\0') != std::string::npos)
        return Error(concat("\"", name, "\" has a zero character"));
    return *text;
}

Result<std::vector<std::string>> strings_member(const Json& value, const char* name) {
    std::vector<std::string> result;
    const Json* items = TRY(array_member(value, name, kMaxConfigItems));
    if (items == nullptr) return result;
    for (const Json& item : *items) {
        const auto* text = item.get_ptr<const std::string*>();
        if (text == nullptr) return wrong_type(name, "a list of strings");
        if (text->find('\0') != std::string::npos)
            return Error(concat("\"", name, "\" has a zero character"));
        result.push_back(*text);
    }
    return result;
}

Result<std::map<std::string, std::string>> string_map_member(const Json& value, const char* name) {
    std::map<std::string, std::string> result;
    const Json* found = member(value, name);
    if (found == nullptr) return result;
    if (!found->is_object() || found->size() > kMaxConfigItems)
        return wrong_type(name, "an object of strings");
    for (const auto& [key, item] : found->items()) {
        const auto* text = item.get_ptr<const std::string*>();
        if (text == nullptr) return wrong_type(name, "an object of strings");
        result.emplace(key, *text);
    }
    return result;
}

Result<std::vector<std::string>> keys_member(const Json& value, const char* name) {
    std::vector<std::string> result;
    const Json* found = member(value, name);
    if (found == nullptr) return result;
    if (!found->is_object() || found->size() > kMaxConfigItems)
        return wrong_type(name, "an object");
    for (const auto& [key, item] : found->items()) {
        if (key.find('\0') != std::string::npos)
            return Error(concat("\"", name, "\" has a zero character"));
        result.push_back(key);
    }
    return result;
}

Result<std::optional<std::int64_t>> integer_member(const Json& value, const char* name) {
    const Json* found = member(value, name);
    if (found == nullptr) return std::optional<std::int64_t>();
    const auto number = integer_of<std::int64_t>(*found);
    if (!number) return wrong_type(name, "an integer");
    return std::optional(*number);
}

Result<const Json*> array_member(const Json& value, const char* name, std::size_t limit) {
    const Json* found = member(value, name);
    if (found == nullptr) return static_cast<const Json*>(nullptr);
    if (!found->is_array()) return wrong_type(name, "a list");
    if (found->size() > limit)
        return Error(concat("\"", name, "\" has more than ", limit, " elements"));
    return found;
}

std::string json_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bulkhead::image
