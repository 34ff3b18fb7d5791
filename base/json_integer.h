// integer_of(): a number of a JSON value, unless the type cannot hold it. Asking nlohmann::json
// itself gives another number then: 2^63 read as std::int64_t is negative. Thread: any.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

namespace bulkhead {

template <std::integral Value, class Json>
std::optional<Value> integer_of(const Json& json) {
    if (json.is_number_unsigned()) {
        const auto number = json.template get<std::uint64_t>();
        if (!std::in_range<Value>(number)) return std::nullopt;
        return static_cast<Value>(number);
    }
    if (!json.is_number_integer()) return std::nullopt;
    const auto number = json.template get<std::int64_t>();
    if (!std::in_range<Value>(number)) return std::nullopt;
    return static_cast<Value>(number);
}

}  // namespace bulkhead
