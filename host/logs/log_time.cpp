#include "host/logs/log_time.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace bulkhead::logs {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// What fits into nanoseconds since 1970, roughly: 1678 to 2262.
constexpr std::int64_t kMaxSeconds = 9'200'000'000;

// Reads a text from the front.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    [[nodiscard]] bool done() const { return text_.empty(); }

    bool take(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }

    // Exactly `digits` digits, or with 0 as many as there are.
    std::optional<std::int64_t> number(std::size_t digits = 0) {
        std::size_t length = 0;
        while (length < text_.size() && text_[length] >= '0' && text_[length] <= '9' &&
               (digits == 0 || length < digits))
            ++length;
        if (length == 0 || (digits != 0 && length != digits)) return std::nullopt;
        std::int64_t value = 0;
        const auto parsed = std::from_chars(text_.data(), text_.data() + length, value);
        if (parsed.ec != std::errc()) return std::nullopt;
        text_.remove_prefix(length);
        return value;
    }

    // The digits after a point, as nanoseconds; further ones are dropped.
    std::int64_t fraction() {
        std::int64_t value = 0;
        std::int64_t unit = kSecond / 10;
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
            value += unit * (text_.front() - '0');
            unit /= 10;
            text_.remove_prefix(1);
        }
        return value;
    }

    [[nodiscard]] std::string_view rest() const { return text_; }

    void skip(std::size_t count) { text_.remove_prefix(count); }

  private:
    std::string_view text_;
};

std::optional<std::int64_t> nanoseconds(std::int64_t seconds, std::int64_t fraction) {
    if (seconds > kMaxSeconds || seconds < -kMaxSeconds) return std::nullopt;
    return seconds * kSecond + fraction;
}

bool valid(const std::tm& time) {
    return time.tm_mon >= 0 && time.tm_mon < 12 && time.tm_mday >= 1 && time.tm_mday <= 31 &&
           time.tm_hour < 24 && time.tm_min < 60 && time.tm_sec <= 60;
}

// "+02:00" or "Z": seconds east of Greenwich.
std::optional<std::int64_t> zone(Reader& reader) {
    if (reader.take('Z')) return 0;
    const bool east = reader.take('+');
    if (!east && !reader.take('-')) return std::nullopt;
    const auto hours = reader.number(2);
    if (!hours || !reader.take(':')) return std::nullopt;
    const auto minutes = reader.number(2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::int64_t offset = *hours * 3600 + *minutes * 60;
    return east ? offset : -offset;
}

// `whole`: time and zone have to be there. Otherwise both may be missing; without a zone it is our
// local time.
std::optional<std::int64_t> parse_date(std::string_view text, bool whole) {
    Reader reader(text);
    const auto year = reader.number(4);
    const bool dash = reader.take('-');
    const auto month = reader.number(2);
    const bool second_dash = reader.take('-');
    const auto day = reader.number(2);
    if (!year || !dash || !month || !second_dash || !day) return std::nullopt;
    std::tm time{};
    time.tm_year = static_cast<int>(*year) - 1900;
    time.tm_mon = static_cast<int>(*month) - 1;
    time.tm_mday = static_cast<int>(*day);
    std::int64_t fraction = 0;
    std::optional<std::int64_t> offset;
    if (!reader.done() || whole) {
        if (!reader.take('T')) return std::nullopt;
        const auto hour = reader.number(2);
        const bool colon = reader.take(':');
        const auto minute = reader.number(2);
        const bool second_colon = reader.take(':');
        const auto second = reader.number(2);
        if (!hour || !colon || !minute || !second_colon || !second) return std::nullopt;
        time.tm_hour = static_cast<int>(*hour);
        time.tm_min = static_cast<int>(*minute);
        time.tm_sec = static_cast<int>(*second);
        if (reader.take('.')) fraction = reader.fraction();
        const bool local = reader.done() && !whole;
        if (!local) offset = zone(reader);
        if (!local && !offset) return std::nullopt;
    }
    if (!reader.done() || !valid(time)) return std::nullopt;
    if (offset) return nanoseconds(::timegm(&time) - *offset, fraction);
    time.tm_isdst = -1;  // whatever was in force then
    return nanoseconds(::mktime(&time), fraction);
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
    constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
        {"ms", 1'000'000},     {"us", 1000},        {"ns", 1},
        {"h", 3600 * kSecond}, {"m", 60 * kSecond}, {"s", kSecond}};
    Reader reader(text);
    std::int64_t total = 0;
    while (!reader.done()) {
        const auto count = reader.number();
        if (!count) return std::nullopt;
        std::int64_t unit = 0;
        for (const auto& [name, size] : kUnits) {
            if (!reader.rest().starts_with(name)) continue;
            reader.skip(name.size());
            unit = size;
            break;
        }
        std::int64_t part = 0;
        if (unit == 0 || __builtin_mul_overflow(*count, unit, &part) ||
            __builtin_add_overflow(total, part, &total))
            return std::nullopt;
    }
    return text.empty() ? std::nullopt : std::optional(total);
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
    Reader reader(text);
    const auto seconds = reader.number();
    if (!seconds) return std::nullopt;
    const std::int64_t fraction = reader.take('.') ? reader.fraction() : 0;
    if (!reader.done()) return std::nullopt;
    return nanoseconds(*seconds, fraction);
}

}  // namespace

std::string format_time(std::int64_t time_ns) {
    std::int64_t fraction = time_ns % kSecond;
    std::time_t seconds = time_ns / kSecond;
    if (fraction < 0) {
        fraction += kSecond;
        --seconds;
    }
    std::tm time{};
    ::gmtime_r(&seconds, &time);
    std::array<char, 64> buffer{};
    const std::size_t length =
        std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &time);
    const int more = std::snprintf(buffer.data() + length, buffer.size() - length, ".%09lldZ",
                                   static_cast<long long>(fraction));
    return {buffer.data(), length + static_cast<std::size_t>(more)};
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    return parse_date(text, /*whole=*/true);
}

std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now) {
    if (const auto date = parse_date(text, /*whole=*/false)) return date;
    if (const auto seconds = parse_seconds(text)) return seconds;
    const auto ago = parse_duration(text);
    return ago ? std::optional(now - *ago) : std::nullopt;
}

}  // namespace bulkhead::logs
