// Members of a JSON object that must be there, of their type and in its range: for files of our own
// format, which somebody else may have damaged. Thread: any.
#pragma once

#include <concepts>
#include <string>

#include "base/json_integer.h"
#include "base/result.h"
#include "base/text.h"

namespace bulkhead {

inline Error bad_member(const char* name) {
    return Error(concat("\"", name, "\" is missing, or of the wrong type"));
}

template <class Json>
Result<std::string> string_at(const Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_string()) return bad_member(name);
    return found->template get<std::string>();
}

template <std::integral Value, class Json>
Result<Value> integer_at(const Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end()) return bad_member(name);
    const auto number = integer_of<Value>(*found);
    if (!number) return bad_member(name);
    return *number;
}

}  // namespace bulkhead
