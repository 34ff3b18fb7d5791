#include "host/events/segments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

namespace bulkhead::events {

namespace {

constexpr std::string_view kSuffix = ".jsonl";
constexpr std::size_t kDigits = 20;

std::optional<std::uint64_t> begin_of(std::string_view name) {
    if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
    std::uint64_t begin = 0;
    const char* end = name.data() + kDigits;
    const auto parsed = std::from_chars(name.data(), end, begin);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return begin;
}

}  // namespace

std::string segment_path(const std::string& directory, std::uint64_t begin) {
    std::array<char, kDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%020llu", static_cast<unsigned long long>(begin));
    return directory + "/" + digits.data() + std::string(kSuffix);
}

std::vector<std::uint64_t> list_segments(const std::string& directory) {
    std::vector<std::uint64_t> begins;
    std::error_code failure;
    for (std::filesystem::directory_iterator it(directory, failure), end; !failure && it != end;
         it.increment(failure)) {
        if (const auto begin = begin_of(it->path().filename().string())) begins.push_back(*begin);
    }
    std::ranges::sort(begins);
    return begins;
}

}  // namespace bulkhead::events
