#include "tools/bulkhead/listing.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kGap = 3;

// Characters, not bytes: UTF-8's continuation bytes take no room.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
    }));
}

}  // namespace

std::string table(const std::vector<Row>& rows, std::size_t width) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()), width);
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]) + kGap);
    }
    std::string text;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line += std::string(widths[i] - width_of(row[i]), ' ');
        }
        text += line + "\n";
    }
    return text;
}

std::string duration_text(std::int64_t seconds) {
    constexpr std::int64_t kMinute = 60;
    constexpr std::int64_t kHour = 60 * kMinute;
    constexpr std::int64_t kDay = 24 * kHour;
    if (seconds < 1) return "Less than a second";
    if (seconds == 1) return "1 second";
    if (seconds < kMinute) return concat(seconds, " seconds");
    if (seconds < 2 * kMinute) return "About a minute";
    if (seconds < kHour) return concat(seconds / kMinute, " minutes");
    if (seconds < 2 * kHour) return "About an hour";
    if (seconds < 2 * kDay) return concat(seconds / kHour, " hours");
    if (seconds < 14 * kDay) return concat(seconds / kDay, " days");
    if (seconds < 60 * kDay) return concat(seconds / (7 * kDay), " weeks");
    if (seconds < 730 * kDay) return concat(seconds / (30 * kDay), " months");
    return concat(seconds / (365 * kDay), " years");
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= 1000.0 && unit + 1 < kUnits.size()) {
        amount /= 1000.0;
        ++unit;
    }
    std::array<char, 32> buffer{};
    static_cast<void>(
        std::snprintf(buffer.data(), buffer.size(), "%.3g%s", amount, kUnits.at(unit)));
    return buffer.data();
}

std::string shortened(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return std::string(text);
    return std::string(text.substr(0, limit - 1)) + "…";
}

std::string time_text(std::time_t time) {
    std::tm parts{};
    ::localtime_r(&time, &parts);
    std::array<char, 64> buffer{};
    const std::size_t length =
        std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S %z %Z", &parts);
    return {buffer.data(), length};
}

std::time_t parse_time(const std::string& rfc3339) {
    std::tm parts{};
    const char* rest = ::strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (rest == nullptr || !rfc3339.ends_with('Z')) return 0;
    return ::timegm(&parts);
}

}  // namespace bulkhead::cli
