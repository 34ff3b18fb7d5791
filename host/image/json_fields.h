// Reading JSON that is not trusted: bounded depth, no exceptions, every access checked for its
// type. For .cpp files of this folder; other headers stay free of the JSON library. Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace bulkhead::image {

using Json = nlohmann::json;

Result<Json> parse_json(std::string_view text);

// A member of an object; nothing when it is missing or null, or `value` is no object.
const Json* member(const Json& value, const char* name);

// What is missing or null reads as empty; another type than the expected one is an error.
Result<std::string> string_member(const Json& value, const char* name);
Result<std::vector<std::string>> strings_member(const Json& value, const char* name);
Result<std::map<std::string, std::string>> string_map_member(const Json& value, const char* name);
// The names of an object's members, as Docker keeps sets.
Result<std::vector<std::string>> keys_member(const Json& value, const char* name);
Result<std::optional<std::int64_t>> integer_member(const Json& value, const char* name);
// An array of any values; nothing when missing. More than `limit` elements are an error.
Result<const Json*> array_member(const Json& value, const char* name, std::size_t limit);

// Compact text; bytes that are not UTF-8 are replaced.
std::string json_text(const Json& value);

}  // namespace bulkhead::image
