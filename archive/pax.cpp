#include "archive/pax.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>

#include "archive/tar_header.h"
#include "base/text.h"

namespace bulkhead::archive {

namespace {

constexpr std::string_view kXattr = "SCHILY.xattr.";
constexpr std::size_t kNanosecondDigits = 9;
constexpr std::uint32_t kNanosecondsPerSecond = 1'000'000'000;

Error malformed() {
    return Error("not a tar archive: an extended header is malformed");
}

Result<std::uint32_t> parse_id(std::string_view text) {
    const std::uint64_t value = TRY(parse_natural(text));
    if (value > std::numeric_limits<std::uint32_t>::max())
        return Error("an owner's number does not fit into 32 bits");
    return static_cast<std::uint32_t>(value);
}

// Seconds with a fraction, of which nine digits count.
Result<void> parse_time(std::string_view text, Entry& entry) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto point = text.find('.');
    std::string digits(point == std::string_view::npos ? "" : text.substr(point + 1));
    const std::uint64_t seconds = TRY(parse_natural(text.substr(0, point)));
    if (seconds > std::uint64_t{1} << 50U) return malformed();
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') return malformed();
    }
    digits.resize(kNanosecondDigits, '0');
    const auto fraction = static_cast<std::uint32_t>(TRY(parse_natural(digits)));
    entry.mtime = static_cast<std::int64_t>(seconds);
    entry.mtime_nanoseconds = fraction;
    if (!negative) return {};
    entry.mtime = -entry.mtime - (fraction == 0 ? 0 : 1);
    entry.mtime_nanoseconds = fraction == 0 ? 0 : kNanosecondsPerSecond - fraction;
    return {};
}

}  // namespace

Result<std::uint64_t> parse_natural(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end) return malformed();
    return value;
}

std::string format_time(std::int64_t seconds, std::uint32_t nanoseconds) {
    const bool negative = seconds < 0;
    std::uint64_t whole = static_cast<std::uint64_t>(negative ? -seconds : seconds);
    if (negative && nanoseconds != 0) {
        --whole;
        nanoseconds = kNanosecondsPerSecond - nanoseconds;
    }
    std::string text = (negative ? "-" : "") + std::to_string(whole);
    if (nanoseconds == 0) return text;
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%09u", nanoseconds);
    return text + fraction.data();
}

std::string format_pax(const PaxRecords& records) {
    std::string text;
    for (const auto& [name, value] : records) {
        // The length counts itself.
        const std::size_t rest = name.size() + value.size() + 3;  // space, "=", line end
        std::size_t length = rest + 1;
        while (rest + std::to_string(length).size() != length)
            length = rest + std::to_string(length).size();
        text += concat(length, " ", name, "=", value, "\n");
    }
    return text;
}

Result<void> parse_pax(std::string_view text, PaxRecords& records) {
    while (!text.empty()) {
        const auto space = text.find(' ');
        if (space == std::string_view::npos) return malformed();
        const std::uint64_t length = TRY(parse_natural(text.substr(0, space)));
        if (length > text.size() || length < space + 3 || text[length - 1] != '\n')
            return malformed();
        const std::string_view record = text.substr(space + 1, length - space - 2);
        const auto equals = record.find('=');
        if (equals == std::string_view::npos || equals == 0) return malformed();
        const std::string name(record.substr(0, equals));
        const std::string_view value = record.substr(equals + 1);
        // An extended attribute may be empty; elsewhere that takes the record back.
        if (value.empty() && !name.starts_with(kXattr)) {
            records.erase(name);
        } else {
            records.insert_or_assign(name, std::string(value));
        }
        text.remove_prefix(length);
    }
    return {};
}

PaxRecords pax_of(const Entry& entry) {
    PaxRecords records;
    if (!fits_name(entry.path)) records["path"] = entry.path;
    if (!fits_name(entry.target)) records["linkpath"] = entry.target;
    if (!fits_id(entry.uid)) records["uid"] = std::to_string(entry.uid);
    if (!fits_id(entry.gid)) records["gid"] = std::to_string(entry.gid);
    if (!fits_size(entry.size)) records["size"] = std::to_string(entry.size);
    if (entry.mtime_nanoseconds != 0 || entry.mtime < 0 ||
        !fits_size(static_cast<std::uint64_t>(entry.mtime)))
        records["mtime"] = format_time(entry.mtime, entry.mtime_nanoseconds);
    for (const Xattr& xattr : entry.xattrs) records[std::string(kXattr) + xattr.name] = xattr.value;
    return records;
}

Result<void> apply_pax(const PaxRecords& records, Entry& entry) {
    for (const auto& [name, value] : records) {
        if (name == "path" || name == kSparseName) {
            entry.path = value;
        } else if (name == "linkpath") {
            entry.target = value;
        } else if (name == "uid") {
            entry.uid = TRY(parse_id(value));
        } else if (name == "gid") {
            entry.gid = TRY(parse_id(value));
        } else if (name == "size") {
            entry.size = TRY(parse_natural(value));
        } else if (name == "mtime") {
            TRY(parse_time(value, entry));
        } else if (name.starts_with(kXattr)) {
            if (entry.xattrs.size() == kMaxXattrs) return Error("too many extended attributes");
            entry.xattrs.push_back({name.substr(kXattr.size()), value});
        }
    }
    // The name in the header of a sparse file is a made-up one.
    if (const auto name = records.find(kSparseName); name != records.end())
        entry.path = name->second;
    return {};
}

}  // namespace bulkhead::archive
