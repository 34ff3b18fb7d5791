#include "host/runtime/quantities.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "base/checked.h"
#include "base/text.h"

namespace bulkhead::runtime {

namespace {

constexpr std::size_t kMaxFractionDigits = 9;

// A decimal number as an integer part and a fraction in units of 10^-9.
struct Decimal {
    std::uint64_t whole = 0;
    std::uint64_t nano = 0;
};

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// `exact`: more decimals than a fraction can hold are refused; otherwise they are cut.
std::optional<Decimal> parse_decimal(std::string_view text, bool exact) {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    std::string fraction(point == std::string_view::npos ? "" : text.substr(point + 1));
    if (whole.empty() && fraction.empty()) return std::nullopt;
    if (!all_digits(whole) || !all_digits(fraction)) return std::nullopt;
    if (exact && fraction.size() > kMaxFractionDigits) return std::nullopt;
    fraction.resize(kMaxFractionDigits, '0');

    Decimal number;
    if (!whole.empty()) {
        const auto end = whole.data() + whole.size();
        if (std::from_chars(whole.data(), end, number.whole).ec != std::errc()) return std::nullopt;
    }
    std::from_chars(fraction.data(), fraction.data() + fraction.size(), number.nano);
    return number;
}

// The factor of "k", "kb", "KiB", "b", ... or nothing.
std::optional<std::uint64_t> unit_factor(std::string_view suffix) {
    if (suffix.empty()) return 1;
    std::string lower;
    for (const char c : suffix)
        lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (lower == "b") return 1;
    constexpr std::string_view kUnits = "kmgtp";
    const std::size_t unit = kUnits.find(lower.front());
    const std::string_view rest = std::string_view(lower).substr(1);
    if (unit == std::string_view::npos || (!rest.empty() && rest != "b" && rest != "ib"))
        return std::nullopt;
    return std::uint64_t{1} << (10 * (unit + 1));
}

Error invalid_size(std::string_view text) {
    return Error(concat("invalid size: '", text, "'"));
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
    const std::size_t last = text.find_last_of("0123456789. ");
    if (last == std::string_view::npos) return invalid_size(text);
    const std::string_view number_text = text.substr(0, text[last] == ' ' ? last : last + 1);
    const std::string_view suffix = text.substr(last + 1);

    const auto factor = unit_factor(suffix);
    if (!factor) return Error(concat("invalid suffix: '", suffix, "'"));
    const auto number = parse_decimal(number_text, false);
    if (!number) return invalid_size(text);
    const auto whole = checked_multiply(number->whole, *factor);
    // 128 bits: a fraction of a PiB in 10^-9 units does not fit 64.
    const auto part = static_cast<std::uint64_t>(
        __extension__ static_cast<unsigned __int128>(number->nano) * *factor / NanoCpus::kOneCpu);
    const auto bytes = whole ? checked_add(*whole, part) : std::nullopt;
    if (!bytes || *bytes > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
        return invalid_size(text);
    return *bytes;
}

std::uint32_t NanoCpus::whole_cpus() const {
    return static_cast<std::uint32_t>((value + kOneCpu - 1) / kOneCpu);
}

Result<NanoCpus> parse_cpus(std::string_view text) {
    constexpr std::uint64_t kMostCpus = 1'000'000;
    const auto number = parse_decimal(text, true);
    if (!number || number->whole > kMostCpus)
        return Error(concat("failed to parse '", text, "' as a number of CPUs"));
    const NanoCpus cpus{number->whole * NanoCpus::kOneCpu + number->nano};
    if (cpus.value == 0) return Error("the number of CPUs must be above zero");
    return cpus;
}

}  // namespace bulkhead::runtime
