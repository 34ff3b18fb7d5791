// What a flag's `set` does with values that have a form of their own. Thread: any.
#pragma once

#include <charconv>
#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace bulkhead::cli {

using Setter = std::function<Result<void>(const std::string&)>;

template <class T, class Parse>
Setter parsed_into(T& target, Parse parse) {
    return [&target, parse](const std::string& value) -> Result<void> {
        target = TRY(parse(value));
        return {};
    };
}

template <class T, class Parse>
Setter parsed_onto(std::vector<T>& target, Parse parse) {
    return [&target, parse](const std::string& value) -> Result<void> {
        target.push_back(TRY(parse(value)));
        return {};
    };
}

// A decimal number from `least` to `most`.
template <std::integral T>
Result<T> parse_integer(std::string_view text, T least, T most) {
    T number{};
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return Error("want a whole number");
    if (number < least || number > most)
        return Error(concat("want a number from ", least, " to ", most));
    return number;
}

// "KEY=VALUE"; nothing after the key means an empty value.
inline Result<void> add_pair(std::string_view text, std::string_view what,
                             std::map<std::string, std::string>& target) {
    const auto separator = text.find('=');
    const std::string key(text.substr(0, separator));
    if (key.empty()) return Error(concat("invalid ", what, " \"", text, "\", want KEY=VALUE"));
    target[key] = separator == std::string_view::npos ? "" : text.substr(separator + 1);
    return {};
}

}  // namespace bulkhead::cli
