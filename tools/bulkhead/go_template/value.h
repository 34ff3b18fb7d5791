// Values that a template works on: parts of a JSON document, shared and never copied, or what a
// function made. Thread: any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace bulkhead::go_template {

// Keeps the order of members: it is the order in which `json` prints them.
using Json = nlohmann::ordered_json;

// Nothing: a value that is not there, which prints as "<no value>".
using Value = std::shared_ptr<const Json>;
using Values = std::vector<Value>;

Value make_value(Json json);

// A part of a value, which keeps the whole alive.
Value part_of(const Value& whole, const Json& part);

// The JSON null when there is no value.
const Json& json_of(const Value& value);

// As Go's %v: "a", "1", "[a b]", "map[k:v]", keys in order.
std::string go_text(const Value& value);

// Go's rule for `if`: false, 0, null, and what is empty are false.
bool is_true(const Value& value);

// Compact, as docker's `json`. Bytes that are not UTF-8 are replaced.
std::string json_text(const Json& json);

}  // namespace bulkhead::go_template
