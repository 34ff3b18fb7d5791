#include "tools/bulkhead/go_template/functions.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "tools/bulkhead/go_template/comparison.h"
#include "tools/bulkhead/go_template/limits.h"
#include "tools/bulkhead/go_template/printf.h"

namespace bulkhead::go_template {

namespace {

Result<std::string> string_at(const Values& arguments, std::size_t at) {
    if (at >= arguments.size()) return Error("a value is missing");
    const Json& json = json_of(arguments[at]);
    if (!json.is_string()) return Error(concat("wants a string, not ", json_text(json)));
    return json.get<std::string>();
}

Result<std::size_t> number_at(const Values& arguments, std::size_t at) {
    if (at >= arguments.size()) return Error("a value is missing");
    const Json& json = json_of(arguments[at]);
    if (!json.is_number_integer() || json < 0) return Error("wants a number that is not negative");
    return json.get<std::size_t>();
}

Result<void> want(const Values& arguments, std::size_t count) {
    if (arguments.size() == count) return {};
    return Error(
        concat("wants ", count, count == 1 ? " value" : " values", ", not ", arguments.size()));
}

template <char First, char Last, int Shift>
Result<Value> change_letters(const Values& arguments) {
    TRY(want(arguments, 1));
    std::string text = TRY(string_at(arguments, 0));
    for (char& c : text) {
        if (c >= First && c <= Last) c = static_cast<char>(c + Shift);
    }
    return make_value(std::move(text));
}

Result<Value> title(const Values& arguments) {
    TRY(want(arguments, 1));
    std::string text = TRY(string_at(arguments, 0));
    bool starts = true;
    for (char& c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                            (c >= '0' && c <= '9') || c == '\'';
        if (starts && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        starts = !letter;
    }
    return make_value(std::move(text));
}

Result<Value> to_json(const Values& arguments) {
    TRY(want(arguments, 1));
    return make_value(json_text(json_of(arguments[0])));
}

Result<Value> length(const Values& arguments) {
    TRY(want(arguments, 1));
    const Json& json = json_of(arguments[0]);
    if (json.is_string()) return make_value(json.get_ref<const std::string&>().size());
    if (!json.is_structured()) return Error(concat("len of ", json_text(json)));
    return make_value(json.size());
}

Result<Value> index_one(const Value& container, const Json& key) {
    const Json& json = json_of(container);
    if (json.is_array()) {
        if (!key.is_number_integer()) return Error("a list is indexed by a number");
        if (key < 0 || key >= json.size())
            return Error(concat("index ", json_text(key), " of a list of ", json.size()));
        return part_of(container, json[key.get<std::size_t>()]);
    }
    if (!json.is_object()) return Error(concat("cannot index ", json_text(json)));
    if (!key.is_string()) return Error("a map is indexed by a string");
    const auto found = json.find(key.get_ref<const std::string&>());
    // Go gives the empty value of the map's type; nearly all of ours hold strings.
    if (found == json.end()) return make_value("");
    return part_of(container, *found);
}

Result<Value> index(const Values& arguments) {
    if (arguments.empty()) return Error("wants a list or a map");
    Value value = arguments[0];
    for (std::size_t i = 1; i < arguments.size(); ++i)
        value = TRY(index_one(value, json_of(arguments[i])));
    return value;
}

// The part [from, to) of a list or a string.
Result<Value> slice(const Values& arguments) {
    if (arguments.empty() || arguments.size() > 3) return Error("wants one to three values");
    const Json& json = json_of(arguments[0]);
    if (!json.is_string() && !json.is_array()) return Error("wants a string or a list");
    const std::size_t size =
        json.is_string() ? json.get_ref<const std::string&>().size() : json.size();
    const std::size_t from = arguments.size() > 1 ? TRY(number_at(arguments, 1)) : 0;
    const std::size_t to = arguments.size() > 2 ? TRY(number_at(arguments, 2)) : size;
    if (from > to || to > size)
        return Error(concat("from ", from, " to ", to, " of a length of ", size));
    if (json.is_string())
        return make_value(json.get_ref<const std::string&>().substr(from, to - from));
    return make_value(Json(json.begin() + static_cast<std::ptrdiff_t>(from),
                           json.begin() + static_cast<std::ptrdiff_t>(to)));
}

Result<Value> join(const Values& arguments) {
    TRY(want(arguments, 2));
    const Json& list = json_of(arguments[0]);
    const std::string separator = TRY(string_at(arguments, 1));
    if (!list.is_array() && !list.is_null()) return Error("wants a list");
    std::string text;
    for (std::size_t i = 0; i < list.size(); ++i) {
        text += (i > 0 ? separator : "") + go_text(part_of(arguments[0], list[i]));
        if (text.size() > kMaxOutputBytes) return Error("the text is too long");
    }
    return make_value(std::move(text));
}

Result<Value> split(const Values& arguments) {
    TRY(want(arguments, 2));
    const std::string text = TRY(string_at(arguments, 0));
    const std::string separator = TRY(string_at(arguments, 1));
    Json parts = Json::array();
    if (separator.empty()) {
        if (text.size() > kMaxParts) return Error("too many parts");
        for (const char c : text) parts.push_back(std::string(1, c));
        return make_value(std::move(parts));
    }
    std::size_t at = 0;
    for (std::size_t end = text.find(separator); end != std::string::npos;
         end = text.find(separator, at)) {
        parts.push_back(text.substr(at, end - at));
        if (parts.size() > kMaxParts) return Error("too many parts");
        at = end + separator.size();
    }
    parts.push_back(text.substr(at));
    return make_value(std::move(parts));
}

Result<Value> pad(const Values& arguments) {
    TRY(want(arguments, 3));
    const std::string text = TRY(string_at(arguments, 0));
    const std::size_t before = TRY(number_at(arguments, 1));
    const std::size_t after = TRY(number_at(arguments, 2));
    if (before > kMaxWidth || after > kMaxWidth) return Error(concat("over ", kMaxWidth));
    if (text.empty()) return make_value("");
    return make_value(std::string(before, ' ') + text + std::string(after, ' '));
}

Result<Value> truncate(const Values& arguments) {
    TRY(want(arguments, 2));
    const std::string text = TRY(string_at(arguments, 0));
    std::size_t end = std::min(TRY(number_at(arguments, 1)), text.size());
    // Never in the middle of a character.
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80)
        --end;
    return make_value(text.substr(0, end));
}

Result<Value> logical_not(const Values& arguments) {
    TRY(want(arguments, 1));
    return make_value(!is_true(arguments[0]));
}

struct Function {
    std::string_view name;
    Result<Value> (*call)(const Values& arguments);
};

constexpr std::array kFunctions = {Function{"eq", equals_any},
                                   Function{"ge", greater_or_equal},
                                   Function{"gt", greater},
                                   Function{"index", index},
                                   Function{"join", join},
                                   Function{"json", to_json},
                                   Function{"le", less_or_equal},
                                   Function{"len", length},
                                   Function{"lower", change_letters<'A', 'Z', 'a' - 'A'>},
                                   Function{"lt", less},
                                   Function{"ne", not_equal},
                                   Function{"not", logical_not},
                                   Function{"pad", pad},
                                   Function{"print", print},
                                   Function{"printf", print_formatted},
                                   Function{"println", print_line},
                                   Function{"slice", slice},
                                   Function{"split", split},
                                   Function{"title", title},
                                   Function{"truncate", truncate},
                                   Function{"upper", change_letters<'a', 'z', 'A' - 'a'>}};

const Function* find_function(std::string_view name) {
    const auto* const found =
        std::find_if(kFunctions.begin(), kFunctions.end(),
                     [name](const Function& function) { return function.name == name; });
    return found == kFunctions.end() ? nullptr : found;
}

}  // namespace

bool is_function(std::string_view name) {
    return name == "and" || name == "or" || find_function(name) != nullptr;
}

Result<Value> call_function(std::string_view name, const Values& arguments) {
    const Function* function = find_function(name);
    if (function == nullptr) return Error(concat("function \"", name, "\" not defined"));
    auto value = function->call(arguments).context(name);
    // What one function gives may be the argument of the next: nothing may grow without end.
    if (value && json_of(*value).is_string() &&
        json_of(*value).get_ref<const std::string&>().size() > kMaxOutputBytes)
        return Error(concat(name, ": the text is too long"));
    return value;
}

}  // namespace bulkhead::go_template
