#include "host/state/names.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <span>

#include "base/text.h"

namespace bulkhead::state {

namespace {

constexpr std::size_t kIdBytes = 32;
constexpr std::size_t kShortIdLength = 12;
constexpr std::size_t kMaxNameLength = 255;  // also a file name

constexpr std::array<std::string_view, 48> kAdjectives = {
    "able",   "amber",  "ample",  "bold",   "brave",  "breezy", "bright", "brisk",
    "calm",   "candid", "clear",  "clever", "cool",   "crisp",  "dapper", "deft",
    "eager",  "early",  "fair",   "fleet",  "frank",  "fresh",  "gentle", "glad",
    "golden", "grand",  "hardy",  "honest", "jolly",  "keen",   "kind",   "lively",
    "loyal",  "lucid",  "mellow", "merry",  "mighty", "modest", "noble",  "patient",
    "polite", "proud",  "quick",  "quiet",  "serene", "steady", "sturdy", "witty"};

constexpr std::array<std::string_view, 48> kNouns = {
    "anchor",  "bay",     "beacon",     "bosun",   "bow",     "brig",   "buoy",    "cabin",
    "cable",   "captain", "cargo",      "chart",   "clipper", "coast",  "compass", "coral",
    "current", "cutter",  "deck",       "dinghy",  "dock",    "ferry",  "fjord",   "galley",
    "gull",    "harbor",  "hatch",      "helm",    "hull",    "island", "jetty",   "keel",
    "lagoon",  "lantern", "lighthouse", "mast",    "pier",    "pilot",  "port",    "reef",
    "rudder",  "sail",    "schooner",   "sextant", "skiff",   "tide",   "tug",     "wharf"};

Result<void> fill_random(std::span<std::uint8_t> bytes) {
    // Up to 256 bytes come whole or not at all.
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return errno_error("getrandom");
    return {};
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Result<std::string> random_id() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<std::uint8_t, kIdBytes> bytes{};
    TRY(fill_random(bytes));
    std::string id;
    for (const std::uint8_t byte : bytes) {
        id += kDigits[byte >> 4U];
        id += kDigits[byte & 0xFU];
    }
    return id;
}

bool is_id(std::string_view text) {
    return text.size() == 2 * kIdBytes &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string short_id(std::string_view id) {
    return std::string(id.substr(0, kShortIdLength));
}

Result<std::string> random_name() {
    std::array<std::uint8_t, 2> bytes{};
    TRY(fill_random(bytes));
    return concat(kAdjectives.at(bytes[0] % kAdjectives.size()), "_",
                  kNouns.at(bytes[1] % kNouns.size()));
}

Result<void> check_name(std::string_view name) {
    const bool allowed = std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-';
    });
    if (allowed && name.size() >= 2 && name.size() <= kMaxNameLength &&
        is_letter_or_digit(name.front()))
        return {};
    return Error(
        concat("invalid container name (", name, "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"));
}

}  // namespace bulkhead::state
