#include "host/runtime/duration.h"

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/checked.h"
#include "base/text.h"

namespace bulkhead::runtime {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;

// Longer names before those that they begin with.
constexpr std::array<std::pair<std::string_view, std::uint64_t>, 7> kUnits = {{
    {"ns", 1},
    {"us", 1000},
    {"µs", 1000},
    {"ms", 1'000'000},
    {"s", kSecond},
    {"m", kMinute},
    {"h", 60 * kMinute},
}};

struct Number {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;  // over `scale`
    std::uint64_t scale = 1;
    bool any = false;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Takes "12.5" from the front; nothing when it does not fit.
std::optional<Number> take_number(std::string_view& text) {
    Number number;
    while (!text.empty() && is_digit(text.front())) {
        const auto tens = checked_multiply(number.whole, std::uint64_t{10});
        const auto next = static_cast<std::uint64_t>(text.front() - '0');
        const auto sum = tens ? checked_add(*tens, next) : std::nullopt;
        if (!sum) return std::nullopt;
        number.whole = *sum;
        number.any = true;
        text.remove_prefix(1);
    }
    if (text.empty() || text.front() != '.') return number;
    text.remove_prefix(1);
    while (!text.empty() && is_digit(text.front())) {
        // Beyond nanoseconds of an hour a digit changes nothing.
        if (number.scale < kSecond) {
            number.fraction = number.fraction * 10 + static_cast<std::uint64_t>(text.front() - '0');
            number.scale *= 10;
        }
        number.any = true;
        text.remove_prefix(1);
    }
    return number;
}

std::optional<std::uint64_t> take_unit(std::string_view& text) {
    for (const auto& [name, factor] : kUnits) {
        if (!text.starts_with(name)) continue;
        text.remove_prefix(name.size());
        return factor;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> nanoseconds_of(const Number& number, std::uint64_t unit) {
    const auto whole = checked_multiply(number.whole, unit);
    // A fraction has at most 9 digits, and a unit is below 2^42: 128 bits hold the product.
    const auto part = static_cast<std::uint64_t>(
        __extension__ static_cast<unsigned __int128>(number.fraction) * unit / number.scale);
    return whole ? checked_add(*whole, part) : std::nullopt;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    const Error invalid(concat("invalid duration \"", text, "\", want one as 30s, 1m30s or 500ms"));
    if (text == "0") return std::chrono::nanoseconds(0);
    if (text.empty()) return invalid;
    std::uint64_t total = 0;
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number || !number->any) return invalid;
        const auto unit = take_unit(text);
        const auto part = unit ? nanoseconds_of(*number, *unit) : std::nullopt;
        const auto sum = part ? checked_add(total, *part) : std::nullopt;
        if (!sum || *sum > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return invalid;
        total = *sum;
    }
    return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

}  // namespace bulkhead::runtime
