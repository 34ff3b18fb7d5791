#include "host/runtime/json_node.h"

#include <limits>

#include "base/json_integer.h"
#include "base/text.h"
#include "base/utf8.h"

namespace bulkhead::runtime {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;
constexpr int kMaxDepth = 32;

}  // namespace

Result<Json> parse_json_object(std::string_view text) {
    if (text.size() > kMaxBytes) return Error(concat("larger than ", bytes_text(kMaxBytes)));
    if (!is_utf8(text)) return Error("not UTF-8");
    bool too_deep = false;
    const auto limit_depth = [&](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
        too_deep = too_deep || depth > kMaxDepth;
        return !too_deep;
    };
    Json json = Json::parse(text, limit_depth, /*allow_exceptions=*/false);
    if (too_deep) return Error(concat("nested deeper than ", kMaxDepth));
    if (json.is_discarded()) return Error("not valid JSON");
    if (!json.is_object()) return Error("not a JSON object");
    return json;
}

std::string JsonNode::path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : concat(path_, ".", name);
}

Error JsonNode::error(std::string_view name, std::string_view what) const {
    return Error(concat(path_of(name), ": ", what));
}

const Json* JsonNode::member(const char* name) const {
    const auto found = value_->find(name);
    return found == value_->end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> JsonNode::text(const char* name) const {
    const Json* found = member(name);
    if (found == nullptr) return std::string();
    const auto* text = found->get_ptr<const std::string*>();
    if (text == nullptr) return error(name, "not a string");
    if (text->find('\0') != std::string::npos) return error(name, "has a zero character");
    return *text;
}

Result<std::vector<std::string>> JsonNode::texts(const char* name, std::size_t most) const {
    std::vector<std::string> result;
    const Json* found = member(name);
    if (found == nullptr) return result;
    if (!found->is_array()) return error(name, "not a list");
    if (found->size() > most) return error(name, concat("more than ", most, " elements"));
    for (const Json& item : *found) {
        const auto* text = item.get_ptr<const std::string*>();
        if (text == nullptr) return error(concat(name, "[", result.size(), "]"), "not a string");
        if (text->find('\0') != std::string::npos)
            return error(concat(name, "[", result.size(), "]"), "has a zero character");
        result.push_back(*text);
    }
    return result;
}

Result<std::map<std::string, std::string>> JsonNode::text_map(const char* name) const {
    std::map<std::string, std::string> result;
    const Json* found = member(name);
    if (found == nullptr) return result;
    if (!found->is_object()) return error(name, "not an object");
    if (found->size() > kMostElements)
        return error(name, concat("more than ", kMostElements, " members"));
    for (const auto& [key, item] : found->items()) {
        const auto* text = item.get_ptr<const std::string*>();
        if (text == nullptr) return error(concat(name, ".", key), "not a string");
        if ((key + *text).find('\0') != std::string::npos)
            return error(name, "has a zero character");
        result.emplace(key, *text);
    }
    return result;
}

Result<bool> JsonNode::boolean(const char* name) const {
    const Json* found = member(name);
    if (found == nullptr) return false;
    if (!found->is_boolean()) return error(name, "not true or false");
    return found->get<bool>();
}

Result<std::optional<std::int64_t>> JsonNode::integer(const char* name, std::int64_t least,
                                                      std::int64_t most) const {
    const Json* found = member(name);
    if (found == nullptr) return std::optional<std::int64_t>();
    if (!found->is_number_integer()) return error(name, "not an integer");
    const auto number = integer_of<std::int64_t>(*found);
    if (!number || *number < least || *number > most)
        return error(name, concat("outside ", least, " to ", most));
    return number;
}

Result<std::optional<std::uint64_t>> JsonNode::size(const char* name) const {
    const Json* found = member(name);
    if (found == nullptr) return std::optional<std::uint64_t>();
    if (!found->is_number_unsigned()) return error(name, "not a number that is not negative");
    return std::optional(found->get<std::uint64_t>());
}

Result<std::optional<std::uint32_t>> JsonNode::id(const char* name) const {
    const auto number = TRY(integer(name, 0, std::numeric_limits<std::uint32_t>::max()));
    if (!number) return std::optional<std::uint32_t>();
    return std::optional(static_cast<std::uint32_t>(*number));
}

Result<std::optional<JsonNode>> JsonNode::object(const char* name) const {
    const Json* found = member(name);
    if (found == nullptr) return std::optional<JsonNode>();
    if (!found->is_object()) return error(name, "not an object");
    return std::optional(JsonNode(*found, path_of(name)));
}

Result<std::vector<JsonNode>> JsonNode::objects(const char* name) const {
    std::vector<JsonNode> result;
    const Json* found = member(name);
    if (found == nullptr) return result;
    if (!found->is_array()) return error(name, "not a list");
    if (found->size() > kMostElements)
        return error(name, concat("more than ", kMostElements, " elements"));
    for (const Json& item : *found) {
        const std::string at = concat(name, "[", result.size(), "]");
        if (!item.is_object()) return error(at, "not an object");
        result.emplace_back(item, path_of(at));
    }
    return result;
}

Result<std::map<std::string, JsonNode>> JsonNode::object_map(const char* name) const {
    std::map<std::string, JsonNode> result;
    const Json* found = member(name);
    if (found == nullptr) return result;
    if (!found->is_object()) return error(name, "not an object");
    if (found->size() > kMostElements)
        return error(name, concat("more than ", kMostElements, " members"));
    for (const auto& [key, item] : found->items()) {
        const std::string at = concat(name, ".", key);
        if (!item.is_object()) return error(at, "not an object");
        result.emplace(key, JsonNode(item, path_of(at)));
    }
    return result;
}

}  // namespace bulkhead::runtime
